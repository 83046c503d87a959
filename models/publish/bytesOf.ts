import { readFileSync } from 'node:fs'

/** The bytes of a file, `null` where there is none. */
export function bytesOf(path: string): Buffer<ArrayBuffer> | null {
  try {
    return readFileSync(path)
  } catch (error) {
    if (['ENOENT', 'ENOTDIR'].includes((error as NodeJS.ErrnoException).code ?? '')) return null
    throw error
  }
}

/** The text of a file, `null` where there is none. */
export function textOf(path: string): string | null {
  return bytesOf(path)?.toString('utf8') ?? null
}
