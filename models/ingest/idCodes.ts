import { MAX_ITEM_ID_LENGTH } from '../../shared/domain/interaction.ts'
import type { BadReason } from './rejectLog.ts'

/** What was done to ids so that they compare: how many different spellings were trimmed or composed. */
export interface IdSpellings {
  /** Distinct ids with white space around them. */
  trimmed: number
  /** Distinct ids that were not in Unicode NFC. */
  composed: number
  /** The first such id, as the file has it. */
  example: string | undefined
}

/** Raw id → code of its canonical form, or why it is no id. Each distinct text is looked at once. */
export class IdCodes {
  readonly #known = new Map<string, number | BadReason>()
  readonly #code: (id: string) => number
  readonly #missing: BadReason
  readonly spellings: IdSpellings = { trimmed: 0, composed: 0, example: undefined }

  constructor(code: (id: string) => number, missing: BadReason) {
    this.#code = code
    this.#missing = missing
  }

  of(raw: string | null): number | BadReason {
    const text = raw ?? ''
    const known = this.#known.get(text)
    if (known !== undefined) return known
    const result = this.#resolve(text)
    this.#known.set(text, result)
    return result
  }

  #resolve(raw: string): number | BadReason {
    const id = canonicalId(raw)
    if (!id.ok) return id.reason === 'empty' ? this.#missing : id.reason
    if (id.id !== raw) {
      const trimmed = raw.trim()
      if (trimmed !== raw) this.spellings.trimmed++
      if (id.id !== trimmed) this.spellings.composed++
      this.spellings.example ??= raw
    }
    return this.#code(id.id)
  }
}

/** The same for ids that lie in a buffer: a text is decoded once, when it is first met. */
export class ByteIdCodes {
  readonly #bytes: Buffer
  readonly #ids: IdCodes
  /** Open addressing: entry + 1, or 0. At most half full. */
  #slots = new Int32Array(1 << 12)
  /** Copies of the ids, close together: comparing with the file itself would miss the cache. */
  #texts = new Uint8Array(1 << 14)
  /** Entry e is texts[ends[e] … ends[e + 1] − 1]. */
  #ends = new Uint32Array(1 << 11)
  #hashes = new Int32Array(1 << 11)
  readonly #codes: (number | BadReason)[] = []

  constructor(bytes: Buffer, ids: IdCodes) {
    this.#bytes = bytes
    this.#ids = ids
  }

  /** @param start first byte @param end the byte behind the last */
  of(start: number, end: number): number | BadReason {
    const bytes = this.#bytes
    const slots = this.#slots
    // FNV-1a, 32 bits.
    let hash = 0x811c9dc5 | 0
    for (let pos = start; pos < end; pos++) hash = Math.imul(hash ^ bytes[pos]!, 0x01000193)
    const mask = slots.length - 1
    let slot = (hash ^ (hash >>> 15)) & mask
    for (let entry = slots[slot]!; entry !== 0; entry = slots[slot]!) {
      if (this.#hashes[entry - 1] === hash && this.#same(entry - 1, start, end))
        return this.#codes[entry - 1]!
      slot = (slot + 1) & mask
    }
    const code = this.#ids.of(bytes.toString('utf8', start, end))
    this.#add(hash, start, end, code)
    return code
  }

  #same(entry: number, start: number, end: number): boolean {
    const first = this.#ends[entry]!
    if (this.#ends[entry + 1]! - first !== end - start) return false
    const texts = this.#texts
    const bytes = this.#bytes
    for (let pos = start, at = first; pos < end; pos++, at++) if (texts[at] !== bytes[pos]) return false
    return true
  }

  #add(hash: number, start: number, end: number, code: number | BadReason): void {
    const entry = this.#codes.length
    this.#codes.push(code)
    if (entry + 2 > this.#ends.length) {
      this.#ends = grown(this.#ends, 2 * this.#ends.length)
      this.#hashes = grown(this.#hashes, 2 * this.#hashes.length)
    }
    const first = this.#ends[entry]!
    const last = first + end - start
    if (last > this.#texts.length) this.#texts = grown(this.#texts, 2 * last)
    this.#texts.set(this.#bytes.subarray(start, end), first)
    this.#ends[entry + 1] = last
    this.#hashes[entry] = hash
    if (2 * (entry + 1) > this.#slots.length) {
      this.#slots = new Int32Array(2 * this.#slots.length)
      for (let e = 0; e < entry; e++) this.#place(e)
    }
    this.#place(entry)
  }

  #place(entry: number): void {
    const hash = this.#hashes[entry]!
    const mask = this.#slots.length - 1
    let slot = (hash ^ (hash >>> 15)) & mask
    while (this.#slots[slot] !== 0) slot = (slot + 1) & mask
    this.#slots[slot] = entry + 1
  }
}

function grown<T extends Uint8Array | Uint32Array | Int32Array>(array: T, length: number): T {
  const longer = new (array.constructor as new (length: number) => T)(length)
  longer.set(array)
  return longer
}

/** An id as every part of the product compares it: trimmed, Unicode NFC, 1–256 characters, no NUL. */
export function canonicalId(
  raw: string,
): { ok: true; id: string } | { ok: false; reason: 'empty' | 'id too long' | 'NUL character' | 'not UTF-8' } {
  const id = raw.trim().normalize('NFC')
  if (id === '') return { ok: false, reason: 'empty' }
  if (id.length > MAX_ITEM_ID_LENGTH) return { ok: false, reason: 'id too long' }
  if (id.includes('\0')) return { ok: false, reason: 'NUL character' }
  return id.isWellFormed() ? { ok: true, id } : { ok: false, reason: 'not UTF-8' }
}
