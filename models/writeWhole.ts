import { renameSync, rmSync, writeFileSync } from 'node:fs'
import { basename, dirname, join } from 'node:path'

/** Writes a file so that a reader, and whoever comes after a crash, finds the earlier content or the new one, never a part. */
export function writeWhole(path: string, content: string | Uint8Array): void {
  const partial = join(dirname(path), `.${basename(path)}.partial-${process.pid}`)
  try {
    writeFileSync(partial, content)
    renameSync(partial, path)
  } catch (error) {
    rmSync(partial, { force: true })
    throw error
  }
}
