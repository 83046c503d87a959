import { randomUUID } from 'node:crypto'
import { closeSync, fsyncSync, linkSync, mkdirSync, openSync, renameSync, rmSync, writeSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { ForYouError } from '../../shared/domain/errors.ts'

/** How files begin that are being written; a crash may leave one behind. */
export const UNFINISHED = '.new-'

/** Puts the file in the place of whatever is there: a reader, or a crash, sees the old bytes or the new ones, never a part. */
export function replaceFile(path: string, bytes: Uint8Array | string): void {
  const temporary = written(path, bytes)
  renameSync(temporary, path)
}

/**
 * Creates the file with all its bytes at once, unless something is there: of several who try, one succeeds.
 * @returns false where it was there
 */
export function createFile(path: string, bytes: Uint8Array | string): boolean {
  const temporary = written(path, bytes)
  try {
    return createLink(temporary, path)
  } finally {
    rmSync(temporary)
  }
}

/** A second name for a file, create-only. @returns false where the name was taken */
export function createLink(existing: string, path: string): boolean {
  try {
    linkSync(existing, path)
    return true
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false
    throw refused(path, error)
  }
}

/** What the file system refuses is said with the path, not as a defect. */
function refused(path: string, cause: unknown): ForYouError {
  const code = (cause as NodeJS.ErrnoException).code ?? String(cause)
  return new ForYouError('storage', `${path} cannot be written (${code}).`, {
    cause,
    hint: 'Is it a folder that you may write to, on a file system with hard links, with space left?',
  })
}

/** Beside the target, so that both lie in one file system, and on the disk before anything points to it. */
function written(path: string, bytes: Uint8Array | string): string {
  const folder = dirname(path)
  const temporary = join(folder, UNFINISHED + randomUUID())
  try {
    mkdirSync(folder, { recursive: true })
    const file = openSync(temporary, 'wx', 0o644)
    try {
      const data = typeof bytes === 'string' ? Buffer.from(bytes) : bytes
      for (let at = 0; at < data.length; ) at += writeSync(file, data, at)
      fsyncSync(file)
    } finally {
      closeSync(file)
    }
  } catch (cause) {
    throw refused(path, cause)
  }
  return temporary
}
