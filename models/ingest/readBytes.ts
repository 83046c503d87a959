import { readFile, stat } from 'node:fs/promises'
import { promisify } from 'node:util'
import { gunzip } from 'node:zlib'
import { ForYouError } from '../../shared/domain/errors.ts'

/** Text larger than this does not fit into one buffer's comfort; Parquet has no such limit here. */
const MAX_TEXT_BYTES = 1_900_000_000
const unzip = promisify(gunzip)

/**
 * A text file's bytes, unzipped where they are gzip (told by its magic number, not by its name).
 * @throws ForYouError `not_found`, or `bad_data` for an empty, oversized or broken file
 */
export async function readBytes(path: string): Promise<Buffer> {
  const found = await stat(path).catch((cause) => {
    throw new ForYouError('not_found', `${path} does not exist or cannot be read.`, { cause })
  })
  if (!found.isFile()) throw new ForYouError('bad_data', `${path} is not a file.`)
  if (found.size > MAX_TEXT_BYTES) throw tooLarge(path)
  const bytes = await readFile(path).catch((cause) => {
    throw new ForYouError('bad_data', `${path} cannot be read: ${message(cause)}.`, { cause })
  })
  const plain = bytes[0] === 0x1f && bytes[1] === 0x8b ? await unzipped(path, bytes) : bytes
  if (plain.length === 0) throw new ForYouError('bad_data', `${path} is empty.`)
  return modernLineEnds(plain)
}

/** A file from an old Mac ends its lines with carriage returns alone. */
function modernLineEnds(bytes: Buffer): Buffer {
  if (bytes.includes(0x0a) || !bytes.includes(0x0d)) return bytes
  return bytes.map((byte) => (byte === 0x0d ? 0x0a : byte)) as Buffer
}

async function unzipped(path: string, bytes: Buffer): Promise<Buffer> {
  try {
    return await unzip(bytes, { maxOutputLength: MAX_TEXT_BYTES })
  } catch (cause) {
    if (cause instanceof RangeError) throw tooLarge(path)
    throw new ForYouError('bad_data', `${path} is a damaged gzip file: ${message(cause)}.`, { cause })
  }
}

function tooLarge(path: string): ForYouError {
  return new ForYouError('bad_data', `${path} holds more than ${MAX_TEXT_BYTES / 1e9} GB of text.`, {
    hint: 'Convert it to Parquet, which is read in pieces.',
  })
}

function message(cause: unknown): string {
  return cause instanceof Error ? cause.message : String(cause)
}
