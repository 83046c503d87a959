import { createHash } from 'node:crypto'

/** SHA-256 in hex, at once: for files, where waiting would let others in between. */
export function hashOf(bytes: Uint8Array | string): string {
  return createHash('sha256').update(bytes).digest('hex')
}
