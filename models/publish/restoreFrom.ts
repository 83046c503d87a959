import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import { type Envelope, type Pins, verify } from '../../shared/bundle/envelope.ts'
import { sha256 } from '../../shared/bundle/hash.ts'
import { type Head, parseHead } from '../../shared/bundle/manifest.ts'
import { errorCode, ForYouError } from '../../shared/domain/errors.ts'
import { API, routes, SHA256_PATTERN } from '../../shared/domain/routes.ts'
import { asKind, documentPayload } from './backUp.ts'
import { brotli } from './brotli.ts'
import { bytesOf, textOf } from './bytesOf.ts'
import type { EdgeClient } from './edgeClient.ts'

export interface RestoreOptions {
  readonly pins: Pins
  /** Idempotency id of the change of the head. */
  readonly op: string
  note?(line: string): void
}

export interface Restored {
  /** Seq of the copied head. */
  readonly copied: number
  /** Seq that is live now. */
  readonly seq: number
  readonly manifest: string | null
  readonly documents: number
  readonly blobs: number
  /** True where the very head of the copy was live still: only what had been lost was put back. */
  readonly repaired: boolean
  /** Documents of the copy that no edge with these keys would take, or whose blobs are not in the copy. */
  readonly refused: readonly string[]
}

/**
 * Brings an edge back from a copy: blobs and documents that it lacks, then the head, whose seq goes on well above the copy's, so
 * that visitors who have seen later heads accept it. Repeated after a failure, it finishes.
 * @throws ForYouError `not_found` where the folder is no copy, `sign_error` where other keys signed it, `conflict` where
 *   something newer is live, `hash_mismatch` where what is to go live is damaged in the copy
 */
export async function restoreFrom(
  dir: string,
  client: EdgeClient,
  { pins, op, note }: RestoreOptions,
): Promise<Restored> {
  const envelope = textOf(join(dir, routes.head))
  if (envelope === null) {
    throw new ForYouError('not_found', `${dir} is no copy of an edge: it has no ${routes.head}.`, {
      hint: 'Make one with "foryou backup DIR".',
    })
  }
  const head = parseHead(await verify('head', envelope, pins))
  const there = await liveHead(client, pins)
  if (there && there.seq > head.seq) {
    throw new ForYouError('conflict', `Head ${there.seq} is live, the copy has head ${head.seq}.`, {
      hint: 'Nothing has to be restored. To go back: foryou rollback, or foryou promote MANIFEST.',
    })
  }
  const blobs = await putBlobs(dir, client, note)
  const { documents, refused } = await putDocuments(dir, client, head, pins)
  const counts = { copied: head.seq, documents, blobs, refused }
  if (there && there.seq === head.seq) {
    return { ...counts, seq: head.seq, manifest: head.active?.manifest ?? null, repaired: true }
  }
  const { seq, manifest } = await client.change('restore', { envelope, op })
  return { ...counts, seq, manifest, repaired: false }
}

/** What visitors would believe; a head that other keys signed, or none can read, counts for nothing. */
async function liveHead(client: EdgeClient, pins: Pins): Promise<Head | null> {
  const envelope = await client.head()
  try {
    return envelope === null ? null : parseHead(await verify('head', envelope, pins))
  } catch {
    return null
  }
}

async function putBlobs(dir: string, client: EdgeClient, note: RestoreOptions['note']): Promise<number> {
  let put = 0
  for (const name of await client.missing(namesIn(dir, 'b'))) {
    const bytes = bytesOf(join(dir, routes.blob(name)))!
    if ((await sha256(bytes)) !== name) {
      note?.(`${name} is damaged in the copy: left out.`)
      continue
    }
    await client.putBlob(name, 'br', await brotli(bytes))
    await client.putBlob(name, 'identity', bytes)
    put++
    note?.(`${name.slice(0, 12)}: ${bytes.length} bytes`)
  }
  return put
}

/** Those that the head names must be taken; of earlier versions, whatever is whole. */
async function putDocuments(
  dir: string,
  client: EdgeClient,
  { active, overlay }: Head,
  pins: Pins,
): Promise<{ documents: number; refused: string[] }> {
  const refused: string[] = []
  let documents = 0
  for (const name of namesIn(dir, 'm')) {
    try {
      const text = textOf(join(dir, routes.manifest(name)))!
      await documentPayload(text, name, pins)
      const kind = (await asKind('overlay', text, pins)) === null ? 'manifest' : 'overlay'
      if (await client.putDocument(name, kind, JSON.parse(text) as Envelope)) documents++
    } catch (error) {
      const needed = name === active?.manifest || name === overlay
      if (needed || !REFUSALS.includes(errorCode(error))) throw error
      refused.push(name)
    }
  }
  return { documents, refused }
}

const REFUSALS = ['sign_error', 'hash_mismatch', 'conflict', 'parse_error', 'wrong_site']

function namesIn(dir: string, kind: 'b' | 'm'): string[] {
  try {
    return readdirSync(join(dir, API, kind)).filter((name) => SHA256_PATTERN.test(name))
  } catch {
    return []
  }
}
