import { versionsOf } from './audit.ts'
import { KEPT_MS } from './checkManifest.ts'
import type { AuditLine, DeliveryStore, StoredObject } from './deliveryStore.ts'
import { type HeadRules, readHead } from './writeHead.ts'

/** Versions whose objects are kept, however old they are (trust P6). */
export const KEPT_VERSIONS = 10

export interface Collected {
  readonly documents: number
  readonly blobs: number
  /** Identity bytes of what was deleted. */
  readonly bytes: number
  readonly keptDocuments: number
  readonly keptBlobs: number
}

/**
 * Deletes what nothing can need any more: stored for more than 30 days, and named by no head of the last 30 days, of the
 * last 10 versions, or now, and by no document that is younger. Marks first and completely; a failure on the way deletes
 * nothing, or less.
 *
 * A name counts as named where its 64 digits occur in the text of a kept document: no parser decides over what is lost.
 * @param now ms since 1970 UTC
 * @throws ForYouError `not_found` where nothing is live: then nothing is known to be needless
 */
export async function collectGarbage(
  store: DeliveryStore,
  rules: HeadRules,
  now: number,
  { dryRun = false }: { readonly dryRun?: boolean } = {},
): Promise<Collected> {
  const { head } = await readHead(store, rules)
  const old = ({ uploaded }: StoredObject) => uploaded < now - KEPT_MS
  const documents = await collect(store.list('m'))
  const lines = await store.lines(Number.MAX_SAFE_INTEGER)
  const roots = new Set([...keptNames(lines, now), ...keptRules(lines, now)])
  for (const name of JSON.stringify(head).match(HASHES) ?? []) roots.add(name)
  const kept = documents.filter((object) => roots.has(object.name) || !old(object))
  const marked = new Set<string>(roots)
  for (const { name } of kept) {
    const document = await store.document(name)
    for (const hash of document?.envelope.match(HASHES) ?? []) marked.add(hash)
  }
  const keptSet = new Set(kept.map(({ name }) => name))
  const deadDocuments = documents.filter(({ name }) => !keptSet.has(name))
  const blobs = await collect(store.list('b'))
  const deadBlobs = blobs.filter((object) => old(object) && !marked.has(object.name))
  const stale = (await collect(store.list('p'))).filter(old)
  if (!dryRun) {
    // Documents first: a blob without a document is only waste, a document without its blobs would be broken.
    await store.remove('m', names(deadDocuments))
    await store.remove('b', names(deadBlobs))
    await store.remove('p', names(stale))
  }
  return {
    documents: deadDocuments.length,
    blobs: deadBlobs.length,
    bytes: [...deadDocuments, ...deadBlobs].reduce((sum, { bytes }) => sum + bytes, 0),
    keptDocuments: kept.length,
    keptBlobs: blobs.length - deadBlobs.length,
  }
}

async function collect(objects: AsyncIterable<StoredObject>): Promise<StoredObject[]> {
  const all: StoredObject[] = []
  for await (const object of objects) all.push(object)
  return all
}

const HASHES = /\b[0-9a-f]{64}\b/g
const names = (objects: readonly StoredObject[]) => objects.map(({ name }) => name)

/** A head was live until the next one was written: that moment decides whether it belongs to the last 30 days. */
function* recent(lines: readonly AuditLine[], now: number): Iterable<AuditLine> {
  let until = now
  for (const line of lines) {
    if (until >= now - KEPT_MS) yield line
    until = line.at
  }
}

/** Blobs of the site's rules that heads of the last 30 days have named. @param lines newest first */
export function* keptRules(lines: readonly AuditLine[], now: number): Iterable<string> {
  for (const { rules } of recent(lines, now)) if (rules) yield rules
}

/**
 * Documents that heads of the last 30 days, or of the last 10 versions, have named.
 * @param lines newest first
 * @param now ms since 1970 UTC
 */
export function* keptNames(lines: readonly AuditLine[], now: number): Iterable<string> {
  for (const { manifest, canary, overlay } of recent(lines, now))
    for (const name of [manifest, canary, overlay]) if (name) yield name
  const distinct = new Set(lines.map(({ manifest }) => manifest))
  for (const name of [...distinct].slice(0, KEPT_VERSIONS)) if (name) yield name
  for (const { manifest } of versionsOf(lines).slice(-KEPT_VERSIONS)) yield manifest
}
