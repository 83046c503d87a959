import { createHash } from 'node:crypto'
import { readdirSync, readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'

/** SHA-256 over files and folders below a root, names included: what the code was, with or without a repository. */
export function sourceHash(root: string, paths: readonly string[]): string {
  const hash = createHash('sha256')
  for (const path of paths) {
    const absolute = join(root, path)
    for (const file of filesOf(absolute))
      hash
        .update(`${path}${file}\0`)
        .update(readFileSync(absolute + file))
        .update('\0')
  }
  return hash.digest('hex')
}

/** Files below a folder, sorted; the empty string for a file itself. */
function filesOf(absolute: string): string[] {
  if (!statSync(absolute).isDirectory()) return ['']
  return readdirSync(absolute, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name).slice(absolute.length))
    .sort()
}
