import { readFileSync, renameSync, writeFileSync } from 'node:fs'
import { promisify } from 'node:util'
import { brotliCompress, brotliDecompress, constants } from 'node:zlib'
import { sha256 } from '../../shared/bundle/hash.ts'

const compress = promisify(brotliCompress)
const decompress = promisify(brotliDecompress)

/** Above this many bytes the last levels cost seconds and save a per cent. */
const LARGE = 256 * 1024

/** The Brotli body that visitors will receive: quality 11, or 9 for what is large. The same bytes for the same input. */
export function brotli(bytes: Uint8Array): Promise<Buffer<ArrayBuffer>> {
  return compress(bytes, {
    params: {
      [constants.BROTLI_PARAM_QUALITY]: bytes.length > LARGE ? 9 : 11,
      [constants.BROTLI_PARAM_SIZE_HINT]: bytes.length,
      [constants.BROTLI_PARAM_LGWIN]: constants.BROTLI_MAX_WINDOW_BITS,
    },
  })
}

/**
 * Like `brotli`, kept in a file beside the blob. A kept body counts only if it still decodes to the blob: a damaged one
 * would be refused by every visitor.
 * @param path of the kept body
 * @param name SHA-256 of the decoded bytes
 */
export async function keptBrotli(
  path: string,
  bytes: Uint8Array,
  name: string,
): Promise<Uint8Array<ArrayBuffer>> {
  try {
    const kept = readFileSync(path)
    if ((await sha256(Uint8Array.from(await decompress(kept)))) === name) return kept
  } catch {
    // none yet, or damaged: made anew
  }
  const body = await brotli(bytes)
  writeFileSync(`${path}.new`, body)
  renameSync(`${path}.new`, path)
  return body
}
