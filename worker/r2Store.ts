import {
  type AuditLine,
  type DeliveryStore,
  type HeadMemory,
  NO_MEMORY,
  type ObjectKind,
  type Proposal,
  type StoredObject,
} from '../shared/delivery/deliveryStore.ts'
import { ForYouError } from '../shared/domain/errors.ts'
import type { Coding } from './negotiate.ts'
import { keptObject } from './site.ts'

/**
 * The bucket as delivery sees it (`DeliveryStore`), and what only the edge does: bodies that stream in. Those that
 * stream out to visitors are worker/served.ts.
 */
export interface R2Store extends DeliveryStore {
  /**
   * Create-only: other bytes never take the place of what is stored.
   * @param freshSince a blob stored before this moment (ms) is written again with the very same bytes, which only renews its date
   * @returns false where the blob is already there
   */
  putBlob(
    sha256: string,
    coding: Coding,
    body: ReadableStream | Uint8Array,
    digest: string,
    freshSince?: number,
  ): Promise<boolean>
  /** A blob of ours as text, `null` where there is none. */
  blobText(sha256: string): Promise<string | null>
  /** The Brotli body of a document that is there. Create-only. @returns false where it is there already */
  putDocumentBrotli(sha256: string, body: ReadableStream, digest: string): Promise<boolean>
  /** Names of the files of loaders of before. */
  keptFiles(): Promise<string[]>
  /** Create-only. @returns false where a file of this name is there */
  keepFile(path: string, body: ReadableStream, digest: string): Promise<boolean>
}

/** workerd lets six connections wait at once; more would only queue. */
const PARALLEL = 6
const HEAD = 'h/head'
const LAST_MOMENT = 9_999_999_999_999
const blobKey = (sha256: string, coding: Coding) => (coding === 'br' ? `b/${sha256}.br` : `b/${sha256}`)
const documentKey = (sha256: string) => `m/${sha256}`
/** Newest first: R2 lists keys in ascending order only. */
const lineKey = ({ at, kid, seq }: AuditLine) =>
  `a/${String(LAST_MOMENT - at).padStart(13, '0')}-${kid}-${seq}`
const proposalKey = (op: string) => `p/${op}`
/** Objects that one call deletes. */
const MAX_DELETED = 1000

export function openStore(bucket: R2Bucket): R2Store {
  return {
    async document(sha256) {
      const object = await bucket.get(documentKey(sha256))
      if (!object) return null
      return { envelope: await object.text(), etag: object.etag, uploaded: object.uploaded.getTime() }
    },
    async head() {
      const object = await bucket.get(HEAD)
      if (!object) return null
      return { envelope: await object.text(), etag: object.etag, memory: readMemory(object.customMetadata) }
    },
    async blobs(sha256s) {
      const found = new Map<string, StoredObject>()
      for (let from = 0; from < sha256s.length; from += PARALLEL) {
        const some = sha256s.slice(from, from + PARALLEL)
        const objects = await Promise.all(some.map((sha256) => bucket.head(blobKey(sha256, 'identity'))))
        objects.forEach((object, i) => {
          const name = some[i]!
          if (object) found.set(name, { name, bytes: object.size, uploaded: object.uploaded.getTime() })
        })
      }
      return found
    },
    async putBlob(sha256, coding, body, digest, freshSince = 0) {
      try {
        const key = blobKey(sha256, coding)
        const stored = coding === 'identity' && freshSince > 0 ? await bucket.head(key) : null
        const aged = stored && stored.uploaded.getTime() < freshSince ? stored.etag : null
        const put = await bucket.put(key, body, {
          onlyIf: condition(aged),
          sha256: digest,
        })
        return put !== null
      } catch (cause) {
        throw putError(cause, `blob ${sha256}`)
      }
    },
    async storeBlob(sha256, bytes, freshSince) {
      await this.putBlob(sha256, 'identity', bytes, sha256, freshSince)
    },
    async blobText(sha256) {
      const object = await bucket.get(blobKey(sha256, 'identity'))
      return object && (await object.text())
    },
    async keptFiles() {
      const files: string[] = []
      for await (const { key } of objects(bucket, keptObject('')))
        files.push(key.slice(keptObject('').length))
      return files
    },
    keepFile: (path, body, digest) => create(bucket, keptObject(path), body, digest, path),
    putDocumentBrotli: (sha256, body, digest) =>
      create(bucket, `${documentKey(sha256)}.br`, body, digest, `document ${sha256}`),
    async putDocument(sha256, envelope, replaces) {
      // Other signatures are other bytes: the Brotli body of the old ones goes first, the publisher sends the new one after.
      if (replaces !== null) await bucket.delete(`${documentKey(sha256)}.br`)
      return (await bucket.put(documentKey(sha256), envelope, { onlyIf: condition(replaces) })) !== null
    },
    async putHead(envelope, { floor, ops }, replaces) {
      const customMetadata = { floor: String(floor), ops: toAscii(ops) }
      return (await bucket.put(HEAD, envelope, { onlyIf: condition(replaces), customMetadata })) !== null
    },
    async putLine(line, envelope) {
      const customMetadata = { line: toAscii(line) }
      const onlyIf = condition(null)
      return (await bucket.put(lineKey(line), envelope, { onlyIf, customMetadata })) !== null
    },
    async lines(limit) {
      const lines: AuditLine[] = []
      for await (const { customMetadata } of objects(bucket, 'a/', limit)) {
        if (customMetadata?.line) lines.push(JSON.parse(customMetadata.line) as AuditLine)
      }
      return lines
    },
    async putProposal(proposal) {
      const customMetadata = { proposal: toAscii(proposal) }
      const onlyIf = condition(null)
      return (await bucket.put(proposalKey(proposal.op), '', { onlyIf, customMetadata })) !== null
    },
    async proposals() {
      const proposals: Proposal[] = []
      for await (const { customMetadata } of objects(bucket, 'p/')) {
        if (customMetadata?.proposal) proposals.push(JSON.parse(customMetadata.proposal) as Proposal)
      }
      return proposals
    },
    async *list(kind) {
      for await (const { key, size, uploaded } of objects(bucket, `${kind}/`)) {
        const name = key.slice(2)
        if (!name.endsWith('.br')) yield { name, bytes: size, uploaded: uploaded.getTime() }
      }
    },
    async remove(kind, names) {
      const keys = names.flatMap((name) => keysOf(kind, name))
      for (let from = 0; from < keys.length; from += MAX_DELETED) {
        await bucket.delete(keys.slice(from, from + MAX_DELETED))
      }
    },
  }
}

function keysOf(kind: ObjectKind, name: string): string[] {
  return kind === 'p' ? [`p/${name}`] : [`${kind}/${name}`, `${kind}/${name}.br`]
}

async function* objects(bucket: R2Bucket, prefix: string, limit = Number.POSITIVE_INFINITY) {
  let left = limit
  let cursor: string | undefined
  do {
    const page = await bucket.list({
      prefix,
      include: ['customMetadata'],
      limit: Math.min(left, 1000),
      ...(cursor && { cursor }),
    })
    yield* page.objects
    left -= page.objects.length
    cursor = page.truncated ? page.cursor : undefined
  } while (cursor && left > 0)
}

/** JSON that travels as a header: everything beyond ASCII as an escape. */
function toAscii(value: unknown): string {
  return JSON.stringify(value).replace(
    /[^\x20-\x7e]/g,
    (c) => `\\u${c.charCodeAt(0).toString(16).padStart(4, '0')}`,
  )
}

/** A body that the bucket compares with its hash. @returns false where something of this name is there */
async function create(
  bucket: R2Bucket,
  key: string,
  body: ReadableStream,
  sha256: string,
  what: string,
): Promise<boolean> {
  try {
    return (await bucket.put(key, body, { onlyIf: condition(null), sha256 })) !== null
  } catch (cause) {
    throw putError(cause, what)
  }
}

/** Create only, or compare and swap. */
function condition(replaces: string | null): Headers | R2Conditional {
  return replaces === null ? new Headers({ 'if-none-match': '*' }) : { etagMatches: replaces }
}

const UNKNOWN = { who: 'unknown', at: 0, manifest: null }

function readMemory(metadata: Record<string, string> | undefined): HeadMemory {
  if (!metadata?.ops) return NO_MEMORY
  // Written by this file alone, in the same put as the head; a bucket that lies here could lie about the head as well.
  const ops = JSON.parse(metadata.ops) as HeadMemory['ops']
  // Heads from before there was an audit trail know less of their operations.
  return {
    floor: Number(metadata.floor),
    ops: ops.map((known) => ({ ...UNKNOWN, ...known })),
  }
}

/** R2 refuses a body whose hash is not the promised one, and stores nothing of it. */
function putError(cause: unknown, what: string): ForYouError {
  const message = cause instanceof Error ? cause.message : String(cause)
  return /checksum|sha-?256|hash|10037|BadDigest/i.test(message)
    ? new ForYouError('hash_mismatch', `The bytes of ${what} do not have the promised SHA-256.`, { cause })
    : new ForYouError('internal', `The bucket did not take ${what}.`, { cause })
}
