import { join } from 'node:path'
import { type Pins, verify } from '../../shared/bundle/envelope.ts'
import { sha256 } from '../../shared/bundle/hash.ts'
import { type Head, parseHead, parseManifest } from '../../shared/bundle/manifest.ts'
import { keptNames, keptRules } from '../../shared/delivery/collectGarbage.ts'
import { ForYouError } from '../../shared/domain/errors.ts'
import { routes } from '../../shared/domain/routes.ts'
import { replaceFile } from './atomicFile.ts'
import { bytesOf, textOf } from './bytesOf.ts'
import type { EdgeClient } from './edgeClient.ts'

/** The audit trail of a copy, beside the files that visitors could be given. */
export const AUDIT_FILE = 'audit.json'
/** Audit lines that one request brings. */
const LINES = 1000
const PARALLEL = 4

export interface BackUpOptions {
  readonly pins: Pins
  /** ms since 1970 UTC */
  readonly now: number
  /** Only what the head names now: neither earlier versions nor the audit trail, and no token is needed. */
  readonly liveOnly?: boolean
  /** Progress for a person, one line at a time. */
  note?(line: string): void
}

export interface BackedUp {
  readonly seq: number
  readonly documents: number
  readonly blobs: number
  /** What had to be fetched this time. */
  readonly fetched: number
  /** Identity bytes of that. */
  readonly bytes: number
  readonly lines: number
  /** Named by an earlier head, and not to be had: what it is, and why. */
  readonly lost: readonly string[]
}

/**
 * Copies what heads of the last 30 days or 10 versions name, the head and the audit trail into a folder, in the form of a
 * folder for static hosts. Everything is verified on its way: signatures, hashes, lengths. What the folder has already,
 * undamaged, is not fetched again; the head is written last, so that a copy is complete or still the one before.
 * @throws ForYouError `not_found` where nothing is live, `sign_error` or `hash_mismatch` for what is live and wrong
 */
export async function backUp(client: EdgeClient, dir: string, options: BackUpOptions): Promise<BackedUp> {
  const { pins, now, note, liveOnly = false } = options
  const envelope = await client.head()
  if (envelope === null)
    throw new ForYouError('not_found', `Nothing is live on ${client.endpoint}, so there is nothing to copy.`)
  const head = parseHead(await verify('head', envelope, pins))
  const lines = liveOnly ? [] : await client.audit(LINES)
  const copy = copier(client, dir, pins)
  const live = new Set(namedBy(head))
  const lost: string[] = []
  /** What is live has to be there; of what was, the rest is still worth copying. */
  const attempt = async <T>(name: string, isLive: boolean, work: () => Promise<T>): Promise<T | null> => {
    try {
      return await work()
    } catch (error) {
      if (isLive || !(error instanceof ForYouError)) throw error
      lost.push(`${name}: ${error.message}`)
      return null
    }
  }
  const documents = [...new Set([...live, ...keptNames(lines, now)])]
  const blobs = new Map<string, { bytes: number | null; live: boolean }>()
  for (const name of documents) {
    const payload = await attempt(name, live.has(name), () => copy.document(name))
    for (const file of payload === null ? [] : filesOf(payload))
      if (!blobs.has(file.sha256)) blobs.set(file.sha256, { bytes: file.bytes, live: live.has(name) })
  }
  const rules = head.rules && 'sha256' in head.rules ? head.rules.sha256 : undefined
  for (const name of [head.active?.popularJson, head.active?.popularHtml, rules])
    if (name && !blobs.has(name)) blobs.set(name, { bytes: null, live: true })
  for (const name of keptRules(lines, now))
    if (!blobs.has(name)) blobs.set(name, { bytes: null, live: false })
  const waiting = blobs.entries()
  const work = async () => {
    for (const [name, { bytes, live }] of waiting) {
      await attempt(name, live, () => copy.blob(name, bytes))
      note?.(`${name.slice(0, 12)}: ${copy.fetched} fetched so far`)
    }
  }
  await Promise.all(Array.from({ length: PARALLEL }, work))
  if (!liveOnly) replaceFile(join(dir, AUDIT_FILE), `${JSON.stringify(lines)}\n`)
  replaceFile(join(dir, routes.head), envelope)
  const counts = { documents: documents.length, blobs: blobs.size, lines: lines.length }
  return { seq: head.seq, ...counts, fetched: copy.fetched, bytes: copy.bytes, lost }
}

/** Fetches into the folder what it lacks, and checks both. */
function copier(client: EdgeClient, dir: string, pins: Pins) {
  const copy = {
    fetched: 0,
    bytes: 0,
    /** @returns the verified payload */
    async document(name: string): Promise<string> {
      const path = join(dir, routes.manifest(name))
      const kept = textOf(path)
      const known = kept === null ? null : await documentPayload(kept, name, pins).catch(() => null)
      if (known !== null) return known
      const envelope = await client.document(name)
      if (envelope === null) throw new ForYouError('not_found', 'The document is not on the edge.')
      const payload = await documentPayload(envelope, name, pins)
      replaceFile(path, envelope)
      copy.fetched++
      copy.bytes += envelope.length
      return payload
    },
    async blob(name: string, length: number | null): Promise<void> {
      const path = join(dir, routes.blob(name))
      const kept = bytesOf(path)
      if (kept && (await sha256(kept)) === name) return
      const bytes = await client.blob(name)
      if (bytes === null) throw new ForYouError('not_found', 'The blob is not on the edge.')
      if ((length !== null && bytes.length !== length) || (await sha256(bytes)) !== name)
        throw new ForYouError('hash_mismatch', 'The blob on the edge is damaged.')
      replaceFile(path, bytes)
      copy.fetched++
      copy.bytes += bytes.length
    },
  }
  return copy
}

/**
 * The payload of a signed document, whichever kind it is.
 * @throws ForYouError `sign_error` where no pinned key has signed it as either kind, `hash_mismatch` where its name is another
 */
export async function documentPayload(envelope: string, name: string, pins: Pins): Promise<string> {
  const payload = (await asKind('overlay', envelope, pins)) ?? (await verify('manifest', envelope, pins))
  if ((await sha256(payload)) === name) return payload
  throw new ForYouError('hash_mismatch', `The document ${name} has another hash.`)
}

/** The payload if the envelope is signed as this kind, else `null`. */
export async function asKind(
  kind: 'manifest' | 'overlay',
  envelope: string,
  pins: Pins,
): Promise<string | null> {
  return verify(kind, envelope, pins).catch(() => null)
}

function namedBy({ active, canary, overlay }: Head): string[] {
  return [active?.manifest, canary?.manifest, overlay].filter((name) => name !== undefined)
}

/** Files of a manifest; an overlay has none. */
function filesOf(payload: string): readonly { sha256: string; bytes: number }[] {
  return payload.includes('"files"') && 'files' in JSON.parse(payload) ? parseManifest(payload).files : []
}
