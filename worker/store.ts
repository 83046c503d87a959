import { ForYouError } from '../shared/domain/errors.ts'
import type { Coding } from './negotiate.ts'

/** An object on its way out: never buffered, never hashed. */
export interface StoredObject {
  readonly body: ReadableStream<Uint8Array>
  /** Bytes of `body` as it is stored. */
  readonly size: number
}

/** What the edge remembers beside the head, written in the same atomic put. */
export interface HeadMemory {
  /** Highest floor of any manifest that was ever live; a promote below it is refused (trust T6). */
  readonly floor: number
  /** The latest operations, newest first: a retry finds itself here even after others have written (trust F28). */
  readonly ops: readonly PastOperation[]
}

export interface PastOperation {
  readonly op: string
  readonly seq: number
  /** What it did, so that one id cannot stand for two different operations. */
  readonly did: string
}

export interface StoredHead {
  readonly envelope: string
  readonly etag: string
  readonly memory: HeadMemory
}

/**
 * The bucket as the few operations that the edge performs: `b/<sha256>` blobs with `b/<sha256>.br` beside them,
 * `m/<sha256>` manifest envelopes by the hash of their payload, `h/head` the one mutable object.
 */
export interface Store {
  blob(sha256: string, coding: Coding): Promise<StoredObject | null>
  manifest(sha256: string): Promise<{ readonly envelope: string; readonly etag: string } | null>
  head(): Promise<StoredHead | null>
  /** Bytes of each stored blob (identity); absent ones are left out. */
  sizes(sha256s: readonly string[]): Promise<Map<string, number>>
  /** @returns false where the blob is already there: what is stored is never overwritten */
  putBlob(sha256: string, coding: Coding, body: ReadableStream, digest: string): Promise<boolean>
  /** @param replaces etag of the envelope to replace, `null` to create only. @returns false where another was quicker */
  putManifest(sha256: string, envelope: string, replaces: string | null): Promise<boolean>
  /** @param replaces etag that was read, `null` where there was no head. @returns false where another was quicker */
  putHead(envelope: string, memory: HeadMemory, replaces: string | null): Promise<boolean>
}

/** Operations that a head remembers; R2 keeps 2 KiB of custom metadata, one operation takes up to 180 bytes. */
const MAX_OPS = 10
/** workerd lets six connections wait at once; more would only queue. */
const PARALLEL = 6
const HEAD = 'h/head'
export const NO_MEMORY: HeadMemory = { floor: 0, ops: [] }
const blobKey = (sha256: string, coding: Coding) => (coding === 'br' ? `b/${sha256}.br` : `b/${sha256}`)
const manifestKey = (sha256: string) => `m/${sha256}`

export function openStore(bucket: R2Bucket): Store {
  return {
    async blob(sha256, coding) {
      const object = await bucket.get(blobKey(sha256, coding))
      return object && { body: object.body, size: object.size }
    },
    async manifest(sha256) {
      const object = await bucket.get(manifestKey(sha256))
      return object && { envelope: await object.text(), etag: object.etag }
    },
    async head() {
      const object = await bucket.get(HEAD)
      if (!object) return null
      return { envelope: await object.text(), etag: object.etag, memory: readMemory(object.customMetadata) }
    },
    async sizes(sha256s) {
      const found = new Map<string, number>()
      for (let from = 0; from < sha256s.length; from += PARALLEL) {
        const some = sha256s.slice(from, from + PARALLEL)
        const objects = await Promise.all(some.map((sha256) => bucket.head(blobKey(sha256, 'identity'))))
        objects.forEach((object, i) => {
          if (object) found.set(some[i]!, object.size)
        })
      }
      return found
    },
    async putBlob(sha256, coding, body, digest) {
      try {
        const put = await bucket.put(blobKey(sha256, coding), body, {
          onlyIf: condition(null),
          sha256: digest,
        })
        return put !== null
      } catch (cause) {
        throw putError(cause, `blob ${sha256}`)
      }
    },
    async putManifest(sha256, envelope, replaces) {
      return (await bucket.put(manifestKey(sha256), envelope, { onlyIf: condition(replaces) })) !== null
    },
    async putHead(envelope, { floor, ops }, replaces) {
      const customMetadata = { floor: String(floor), ops: JSON.stringify(ops.slice(0, MAX_OPS)) }
      return (await bucket.put(HEAD, envelope, { onlyIf: condition(replaces), customMetadata })) !== null
    },
  }
}

/** Create only, or compare and swap. */
function condition(replaces: string | null): Headers | R2Conditional {
  return replaces === null ? new Headers({ 'if-none-match': '*' }) : { etagMatches: replaces }
}

function readMemory(metadata: Record<string, string> | undefined): HeadMemory {
  if (!metadata?.ops) return NO_MEMORY
  // Written by this file alone, in the same put as the head; a bucket that lies here could lie about the head as well.
  return { floor: Number(metadata.floor), ops: JSON.parse(metadata.ops) as HeadMemory['ops'] }
}

/** R2 refuses a body whose hash is not the promised one, and stores nothing of it. */
function putError(cause: unknown, what: string): ForYouError {
  const message = cause instanceof Error ? cause.message : String(cause)
  return /checksum|sha-?256|hash|10037|BadDigest/i.test(message)
    ? new ForYouError('hash_mismatch', `The bytes of ${what} do not have the promised SHA-256.`, { cause })
    : new ForYouError('internal', `The bucket did not take ${what}.`, { cause })
}
