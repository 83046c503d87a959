import { createHash } from 'node:crypto'
import { readFileSync, writeFileSync } from 'node:fs'
import { basename, join } from 'node:path'
import type { Rolldown } from 'vite'
import { ForYouError } from '../shared/domain/errors.ts'

/** Stands in a script for the names and hashes of its parts, until they have been built. */
export const PARTS_PLACEHOLDER = '@parts'

/**
 * Writes into a built script, and into nothing else, what its parts are called and what they must hash to. A part names the
 * script, whose modules it shares, and the script names the part: so the hash comes after both have their names. Those are
 * made of what is in the files apart from the hashes, which follow from it.
 * @returns files of the parts, the script's own name for each as key
 * @throws ForYouError `internal` where a part would load something that nobody has pinned
 */
export function pinParts(
  outDir: string,
  entry: string,
  chunks: readonly Rolldown.OutputChunk[],
): Record<string, string> {
  const parts = chunks.filter((chunk) => chunk.fileName !== entry)
  for (const { fileName, imports, isDynamicEntry } of parts) {
    const stray = isDynamicEntry ? imports.find((other) => other !== entry) : fileName
    if (stray)
      throw new ForYouError(
        'internal',
        `${stray} is shared by parts of ${entry}, but not pinned: name its modules in SHARED_BY_PARTS.`,
      )
  }
  const path = join(outDir, entry)
  const source = readFileSync(path, 'utf8')
  const pins = Object.fromEntries(parts.map(({ name, fileName }) => [name, pinned(outDir, fileName, true)]))
  const quoted = new RegExp(`(["'\`])${PARTS_PLACEHOLDER}\\1`, 'g')
  if (source.match(quoted)?.length !== (parts.length > 0 ? 1 : undefined))
    throw new ForYouError('internal', `${entry} has no place for the hashes of its parts.`)
  writeFileSync(path, source.replace(quoted, JSON.stringify(pins)))
  return Object.fromEntries(parts.map(({ name, fileName }) => [name, fileName]))
}

/** @param beside whether the file is named as its neighbours in assets/ see it */
export function pinned(outDir: string, file: string, beside = false) {
  const integrity = integrityOf(readFileSync(join(outDir, file)))
  return { file: beside ? `./${basename(file)}` : file, integrity }
}

/** Subresource Integrity (W3C): the hash that a browser compares, the same SHA-256 that names blobs. */
export function integrityOf(bytes: Uint8Array): string {
  return `sha256-${createHash('sha256').update(bytes).digest('base64')}`
}
