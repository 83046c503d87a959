import * as v from 'valibot'
import type { Envelope } from '../../shared/bundle/envelope.ts'
import { sha256 } from '../../shared/bundle/hash.ts'
import {
  AuditSchema,
  type Changed,
  type ChangeKind,
  CollectedSchema,
  CreatedSchema,
  type DeliveryStatus,
  KeptSchema,
  MAX_ASKED,
  MissingSchema,
  type Pending,
  PendingSchema,
  StatusSchema,
  type Wish,
  type Written,
  WrittenSchema,
} from '../../shared/delivery/api.ts'
import type { Collected } from '../../shared/delivery/collectGarbage.ts'
import type { AuditLine } from '../../shared/delivery/deliveryStore.ts'
import { ForYouError } from '../../shared/domain/errors.ts'
import { routes } from '../../shared/domain/routes.ts'
import { brotli } from './brotli.ts'
import { createTransport, type EdgeTransport, type TransportOptions } from './edgeTransport.ts'

/** Of those who race, one wins a round. */
const CONFLICT_ATTEMPTS = 12

const ChangedSchema = v.union([PendingSchema, WrittenSchema])

/** Keeps files of loaders, so that a newer one does not break the pages of an older one. */
export interface LoaderKeeper {
  /** Paths that are kept. */
  list(): Promise<readonly string[]>
  /** @returns false where a file of this path was there already */
  keep(path: string, sha256: string, bytes: Uint8Array<ArrayBuffer>): Promise<boolean>
}

/** A typed client of the edge. Every method throws ForYouError with the edge's own code and hint. */
export interface EdgeClient {
  readonly endpoint: string
  /** True for a folder, which visitors see only once it has been uploaded. */
  readonly folder?: boolean
  /** The head's envelope as it was sent, `null` where nothing is live. */
  head(): Promise<string | null>
  /** The envelope of a manifest or an overlay, `null` where there is none of this name. */
  document(sha256: string): Promise<string | null>
  /** The decoded bytes of a blob, `null` where there is none of this name. */
  blob(sha256: string): Promise<Uint8Array<ArrayBuffer> | null>
  /** Those of the named blobs that the edge does not have yet. */
  missing(sha256s: readonly string[]): Promise<readonly string[]>
  /** @returns false where it was there already */
  putBlob(sha256: string, coding: 'identity' | 'br', bytes: Uint8Array<ArrayBuffer>): Promise<boolean>
  /** @returns false where it was there already */
  putDocument(sha256: string, kind: 'manifest' | 'overlay', envelope: Envelope): Promise<boolean>
  /** Absent where files are simply written beside each other. */
  readonly loaders?: LoaderKeeper
  /**
   * Changes the head. Retries by itself when another operation was quicker, unless the caller fixed the seq.
   * @returns what was written, or what waits for a second person
   */
  change<K extends ChangeKind>(kind: K, wish: Wish<K>): Promise<Changed<K>>
  status(): Promise<DeliveryStatus>
  /** The latest audit lines, newest first. */
  audit(limit: number): Promise<readonly AuditLine[]>
  collectGarbage(dryRun: boolean): Promise<Collected>
}

/** @throws ForYouError `bad_usage` for an address to which no secret may be sent */
export function createEdgeClient(options: TransportOptions): EdgeClient {
  const transport = createTransport(options)
  const { base, text, bytes, admin } = transport
  return {
    endpoint: base,
    head: () => text(routes.head),
    document: (name) => text(routes.manifest(name)),
    blob: (name) => bytes(routes.blob(name)),
    async missing(names) {
      const found: string[] = []
      for (let from = 0; from < names.length; from += MAX_ASKED) {
        const body = json('POST', { sha256: names.slice(from, from + MAX_ASKED) })
        found.push(...(await admin('publish', routes.admin.missing, MissingSchema, body)).missing)
      }
      return found
    },
    async putBlob(name, coding, bytes) {
      const path = routes.admin.blob(name, coding)
      return (await admin('publish', path, CreatedSchema, await upload(bytes))).created
    },
    async putDocument(name, kind, envelope) {
      const path = routes.admin.document(name, kind)
      const body = json('PUT', envelope)
      const { created } = await admin('publish', path, CreatedSchema, body)
      const br = await upload(await brotli(Buffer.from(body.body)))
      await admin('publish', routes.admin.documentBrotli(name), CreatedSchema, br)
      return created
    },
    loaders: {
      list: async () =>
        (await admin('publish', routes.admin.kept, KeptSchema, { method: 'GET', headers: {} })).files,
      async keep(path, name, bytes) {
        const headers = { 'content-type': 'application/octet-stream' }
        const init = { method: 'PUT', body: bytes, headers }
        return (await admin('publish', routes.admin.keep(path, name), CreatedSchema, init)).created
      },
    },
    change: <K extends ChangeKind>(kind: K, wish: Wish<K>) =>
      change(transport, routes.admin[kind], wish) as Promise<Changed<K>>,
    status: () => admin('read', routes.admin.status, StatusSchema, { method: 'GET', headers: {} }),
    async audit(limit) {
      const { lines } = await admin('read', routes.admin.audit(limit), AuditSchema, {
        method: 'GET',
        headers: {},
      })
      return lines as AuditLine[]
    },
    collectGarbage: (dryRun) => admin('publish', routes.admin.gc, CollectedSchema, json('POST', { dryRun })),
  }
}

async function change(
  { admin, sleep }: EdgeTransport,
  path: string,
  wish: Wish<ChangeKind>,
): Promise<Written | Pending> {
  return retried(wish.seq, () => admin('promote', path, ChangedSchema, json('POST', wish)), { sleep })
}

/** Repeats a change that lost against another one, unless the caller fixed the seq. */
export async function retried<T>(
  seq: number | undefined,
  attempt: () => Promise<T>,
  { sleep, attempts = CONFLICT_ATTEMPTS }: { sleep?: EdgeTransport['sleep']; attempts?: number } = {},
): Promise<T> {
  for (let tries = 1; ; tries++) {
    try {
      return await attempt()
    } catch (error) {
      const lost = error instanceof ForYouError && error.code === 'conflict' && seq === undefined
      if (!lost || tries === attempts) throw error
      await sleep?.(25 * tries)
    }
  }
}

/** Bytes with their own hash (RFC 9530), which the edge hands to its bucket to check. */
async function upload(bytes: Uint8Array<ArrayBuffer>) {
  const digest = Buffer.from(await sha256(bytes), 'hex').toString('base64')
  const headers = { 'content-type': 'application/octet-stream', 'content-digest': `sha-256=:${digest}:` }
  return { method: 'PUT', body: bytes, headers }
}

function json(method: string, value: unknown) {
  return { method, body: JSON.stringify(value), headers: { 'content-type': 'application/json' } }
}
