import type { Envelope } from '../../shared/bundle/envelope.ts'
import {
  type Changed,
  type ChangeKind,
  type DeliveryStatus,
  MAX_ASKED,
  type Wish,
} from '../../shared/delivery/api.ts'
import type { Collected } from '../../shared/delivery/collectGarbage.ts'
import type { AuditLine } from '../../shared/delivery/deliveryStore.ts'
import type { Body } from '../../shared/delivery/operations.ts'
import { ForYouError } from '../../shared/domain/errors.ts'
import { routes } from '../../shared/domain/routes.ts'
import { brotli } from './brotli.ts'
import { createTransport, type EdgeTransport, type TransportOptions } from './edgeTransport.ts'

/** Of those who race, one wins a round. */
const CONFLICT_ATTEMPTS = 12

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
  const { base, text, bytes, call, sleep } = transport
  const { admin } = routes
  return {
    endpoint: base,
    head: () => text(routes.head),
    document: (name) => text(routes.manifest(name)),
    blob: (name) => bytes(routes.blob(name)),
    async missing(names) {
      const found: string[] = []
      for (let from = 0; from < names.length; from += MAX_ASKED) {
        const asked = { sha256: names.slice(from, from + MAX_ASKED) }
        found.push(...(await call('missing', admin.missing, asked)).missing)
      }
      return found
    },
    putBlob: async (name, coding, bytes) => (await call('putBlob', admin.blob(name, coding), bytes)).created,
    async putDocument(name, kind, envelope) {
      const { created } = await call('putDocument', admin.document(name, kind), envelope)
      const br = await brotli(Buffer.from(JSON.stringify(envelope)))
      await call('putDocument', admin.documentBrotli(name), br)
      return created
    },
    loaders: {
      list: async () => (await call('kept', admin.kept)).files,
      keep: async (path, name, bytes) => (await call('keepFile', admin.keep(path, name), bytes)).created,
    },
    change: <K extends ChangeKind>(kind: K, wish: Wish<K>) =>
      retried(wish.seq, () => call(kind, admin[kind], wish as unknown as Body<K>), { sleep }) as Promise<
        Changed<K>
      >,
    status: () => call('status', admin.status),
    audit: async (limit) => (await call('audit', admin.audit(limit))).lines as AuditLine[],
    collectGarbage: (dryRun) => call('gc', admin.gc, { dryRun }),
  }
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
