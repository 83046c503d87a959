import * as v from 'valibot'
import type { Envelope } from '../../shared/bundle/envelope.ts'
import { sha256 } from '../../shared/bundle/hash.ts'
import { ForYouError } from '../../shared/domain/errors.ts'
import { routes } from '../../shared/domain/routes.ts'
import { createTransport, type EdgeTransport, type TransportOptions } from './edgeTransport.ts'

export interface Operation {
  /** Any fresh id, the same one for every retry of the same wish. */
  readonly op: string
  /** The seq that the caller has seen; without it, the latest. */
  readonly seq?: number | undefined
}

const WrittenSchema = v.object({
  seq: v.number(),
  op: v.string(),
  manifest: v.string(),
  replayed: v.boolean(),
})
/** What a change of the head has written; `replayed` where it had been done before. */
export type Written = v.InferOutput<typeof WrittenSchema>

const CreatedSchema = v.object({ created: v.boolean() })
const MissingSchema = v.object({ missing: v.array(v.string()) })

/** The edge answers about this many hashes at once. */
const MAX_ASKED = 500
/** Of those who race, one wins a round. */
const CONFLICT_ATTEMPTS = 12

/** A typed client of the edge. Every method throws ForYouError with the edge's own code and hint. */
export interface EdgeClient {
  readonly endpoint: string
  /** The head's envelope as it was sent, `null` where nothing is live. */
  head(): Promise<string | null>
  /** The envelope of a published manifest, `null` where there is none of this name. */
  manifest(sha256: string): Promise<string | null>
  /** Those of the named blobs that the edge does not have yet. */
  missing(sha256s: readonly string[]): Promise<readonly string[]>
  /** @returns false where it was there already */
  putBlob(sha256: string, coding: 'identity' | 'br', bytes: Uint8Array<ArrayBuffer>): Promise<boolean>
  /** @returns false where it was there already */
  putManifest(sha256: string, envelope: Envelope): Promise<boolean>
  /** Retries by itself when another operation was quicker, unless the caller fixed the seq. */
  promote(change: Operation & { readonly manifest: string }): Promise<Written>
  /** Signs the live head again; retries like promote. */
  refresh(change: Operation): Promise<Written>
}

/** @throws ForYouError `bad_usage` for an address to which no secret may be sent */
export function createEdgeClient(options: TransportOptions): EdgeClient {
  const transport = createTransport(options)
  const { base, text, admin } = transport
  return {
    endpoint: base,
    head: () => text(routes.head),
    manifest: (name) => text(routes.manifest(name)),
    async missing(names) {
      const found: string[] = []
      for (let from = 0; from < names.length; from += MAX_ASKED) {
        const body = json('POST', { sha256: names.slice(from, from + MAX_ASKED) })
        found.push(...(await admin('publish', routes.admin.missing, MissingSchema, body)).missing)
      }
      return found
    },
    async putBlob(name, coding, bytes) {
      const digest = Buffer.from(await sha256(bytes), 'hex').toString('base64')
      const headers = { 'content-type': 'application/octet-stream', 'content-digest': `sha-256=:${digest}:` }
      const path = routes.admin.blob(name, coding)
      return (await admin('publish', path, CreatedSchema, { method: 'PUT', body: bytes, headers })).created
    },
    async putManifest(name, envelope) {
      return (await admin('publish', routes.admin.manifest(name), CreatedSchema, json('PUT', envelope)))
        .created
    },
    promote: (wish) => change(transport, routes.admin.promote, wish),
    refresh: (wish) => change(transport, routes.admin.refresh, wish),
  }
}

async function change(
  { admin, sleep }: EdgeTransport,
  path: string,
  { seq, ...wish }: Operation & { manifest?: string },
): Promise<Written> {
  const body = { ...wish, ...(seq !== undefined && { seq }) }
  for (let attempt = 1; ; attempt++) {
    try {
      return await admin('promote', path, WrittenSchema, json('POST', body))
    } catch (error) {
      const lost = error instanceof ForYouError && error.code === 'conflict' && seq === undefined
      if (!lost || attempt === CONFLICT_ATTEMPTS) throw error
      await sleep(25 * attempt)
    }
  }
}

function json(method: string, value: unknown) {
  return { method, body: JSON.stringify(value), headers: { 'content-type': 'application/json' } }
}
