import type { Pins } from '../../shared/bundle/envelope.ts'
import { sha256 } from '../../shared/bundle/hash.ts'
import { MAX_HEAD_BYTES } from '../../shared/bundle/limits.ts'
import type { Head, Manifest } from '../../shared/bundle/manifest.ts'
import { type ErrorCode, errorCode, ForYouError } from '../../shared/domain/errors.ts'
import type { Uptake } from '../../shared/domain/rankerThread.ts'
import { routes } from '../../shared/domain/routes.ts'
import { record, seen, type Target } from './activeRecord.ts'
import type { Active, BundleStore } from './bundleStore.ts'
import { download, type Refusal } from './download.ts'
import { downloadOrder, type OrderedFile, type Stage } from './downloadOrder.ts'
import { type CheckedHead, checkHead } from './headCheck.ts'
import { liveManifest, openManifest } from './liveManifest.ts'
import type { Platform } from './platform.ts'

const PARALLEL = 4
const BACKOFF_MS = 60_000
const MAX_BACKOFF_MS = 86_400_000
const BACKOFF_NOTE = 'backoff'

/** Verified files of one manifest, as far as a stage reaches. */
export interface Arrival {
  readonly manifest: Manifest
  readonly manifestHash: string
  readonly blobs: ReadonlyMap<string, ArrayBuffer>
  readonly stage: Stage
}

export interface UpdateOptions {
  readonly platform: Pick<Platform, 'now' | 'random' | 'fetch' | 'online' | 'locks'>
  readonly store: BundleStore
  readonly endpoint: string
  readonly pins: Pins
  /** What ranks at the moment, and how far it has arrived. */
  ranking(): { readonly manifest: string; readonly stage: Stage } | null
  /** Decodes and puts to use; throws `bundle_*` where it cannot. Called as stages become complete. */
  install(arrival: Arrival): Promise<void> | void
  /** The record has been written: other tabs may read it. */
  committed(): void
  killed(kill: boolean): void
  /** Follows what a verified head says of single items; rejects where that cannot be had. */
  overlaid(head: Head): Promise<void>
  problem(error: unknown): void
}

/**
 * Brings the device up to date (trust §4a): head → signature, site, expiry, seq, floor → manifest by its hash → only the
 * blobs that are missing → length, hash → decode → record. Whatever fails, what was installed stays.
 * @returns what became of it; never throws
 */
export async function update(options: UpdateOptions): Promise<Uptake> {
  const { platform, store, problem } = options
  try {
    const until = (await store.note(BACKOFF_NOTE)) ?? 0
    const wait = until - platform.now()
    if (wait > 0 && wait <= MAX_BACKOFF_MS) return 'backoff'
    const kind = store.kind
    const uptake = await locked(options, () => attempt(options))
    return kind === store.kind ? uptake : 'storage-error'
  } catch (error) {
    problem(error)
    await backOff(options, error)
    return UPTAKE_OF[errorCode(error)] ?? 'bundle-error'
  }
}

const UPTAKE_OF: Partial<Record<ErrorCode, Uptake>> = {
  offline: 'offline',
  network: 'network-error',
  http_error: 'server-error',
  unavailable: 'server-error',
  parse_error: 'parse-error',
  sign_error: 'sign-error',
  hash_mismatch: 'hash-mismatch',
  rollback_refused: 'rollback-refused',
  expired: 'expired',
  wrong_site: 'wrong-site',
  storage: 'storage-error',
}

/** One tab downloads for all. A tab that has nothing to rank with waits for its turn; the others leave it at that. */
async function locked(options: UpdateOptions, work: () => Promise<Uptake>): Promise<Uptake> {
  const { platform, store, ranking } = options
  if (!platform.locks || store.kind === 'memory') return work()
  return platform.locks.request('foryou:update', { ifAvailable: ranking() !== null }, (lock) =>
    lock ? work() : Promise.resolve<Uptake>('up-to-date'),
  )
}

async function attempt(options: UpdateOptions): Promise<Uptake> {
  const { platform, store, endpoint, pins } = options
  const active = await store.active()
  const answer = await download(platform, endpoint + routes.head, MAX_HEAD_BYTES)
  const text = new TextDecoder().decode(answer.bytes)
  const checked = await checkHead(text, pins, active, platform.now(), answer.date)
  const { head } = checked
  options.killed(head.kill ?? false)
  if (head.kill) {
    if (active) await remember(options, active, checked)
    return 'killed'
  }
  // What is said of single items holds whatever becomes of the bundle, and the other way round.
  const [overlaid] = await Promise.allSettled([options.overlaid(head)])
  const uptake = await follow(options, active, checked)
  if (overlaid.status === 'rejected') throw overlaid.reason
  return uptake
}

/** Makes what the head names what ranks here, unless it is so already. */
async function follow(options: UpdateOptions, active: Active | null, checked: CheckedHead): Promise<Uptake> {
  const { head } = checked
  if (!head.active) throw new ForYouError('unavailable', 'The edge has no live bundle.')
  if (active && head.active.manifest === active.refused) {
    await remember(options, active, checked)
    throw new ForYouError('bundle_value', 'The live bundle has failed to rank here before.')
  }
  const { manifest, envelope } = await liveManifest(options, active, head.active, checked)
  const order = downloadOrder(manifest)
  const ranking = options.ranking()
  const here = active?.manifest === head.active.manifest && active.present === order.length
  if (active && here && ranking?.manifest === active.manifest && ranking.stage === order.at(-1)?.stage) {
    await remember(options, active, checked)
    return 'up-to-date'
  }
  await bring(options, { manifest, envelope, hash: head.active.manifest }, order, active, checked)
  return 'success'
}

/** The bundle stays; what the head says of it is kept, and told to other tabs when they must know. */
async function remember(
  { store, committed }: UpdateOptions,
  active: Active,
  checked: CheckedHead,
): Promise<void> {
  const next = seen(active, checked)
  await store.commit(next)
  if (next.kill !== active.kill) committed()
}

/** Downloads what is missing, a few blobs ahead, and takes the stages into use one after the other. */
async function bring(
  options: UpdateOptions,
  target: Target,
  order: readonly OrderedFile[],
  active: Active | null,
  checked: CheckedHead,
): Promise<void> {
  const { store, install } = options
  const { manifest, hash } = target
  const ranking = options.ranking()
  const keep = await namesToKeep(options, order, active)
  const blobs = new Map<string, ArrayBuffer>()
  const pending: Promise<ArrayBuffer>[] = []
  // Something ranks already: it is replaced only by something that is complete.
  const firstStage: Stage = ranking === null || ranking.manifest === hash ? 1 : 3
  const reached = ranking?.manifest === hash ? ranking.stage : 0
  const installed = active?.manifest === hash ? active.present : 0
  try {
    for (const [i, file] of order.entries()) {
      while (pending.length < Math.min(order.length, i + PARALLEL)) {
        const next = order[pending.length]!
        const blob = obtain(options, next, keep)
        blob.catch(() => undefined) // awaited below, in order
        pending.push(blob)
      }
      blobs.set(file.role, await pending[i]!)
      const ends = order[i + 1]?.stage !== file.stage
      const present = i + 1
      if (!ends || file.stage < firstStage || (file.stage <= reached && present <= installed)) continue
      await install({ manifest, manifestHash: hash, blobs: new Map(blobs), stage: file.stage })
      await store.commit(seen(record(target, present, active), checked, manifest.floor))
      options.committed()
    }
  } finally {
    await Promise.allSettled(pending)
  }
}

/** When space runs out, what neither the bundle in force nor the new one names has to go. */
async function namesToKeep(
  { pins, problem }: UpdateOptions,
  order: readonly OrderedFile[],
  active: Active | null,
): Promise<Set<string>> {
  const names = new Set(order.map((file) => file.sha256))
  if (!active) return names
  try {
    const { files } = await openManifest(active.envelope, active.manifest, pins)
    for (const file of files) names.add(file.sha256)
  } catch (error) {
    problem(error) // the record was tampered with: nothing to protect
  }
  return names
}

/** A blob that is here already, or else fetched; once more past every cache when its bytes are wrong. */
async function obtain(
  { platform, store, endpoint }: UpdateOptions,
  file: OrderedFile,
  keep: ReadonlySet<string>,
): Promise<ArrayBuffer> {
  const kept = await store.blob(file)
  if (kept) return kept
  const url = endpoint + routes.blob(file.sha256)
  for (const reload of [false, true]) {
    try {
      const { bytes } = await download(platform, url, file.bytes, reload)
      if (bytes.length === file.bytes && (await sha256(bytes)) === file.sha256) {
        await store.put(file.sha256, bytes.buffer, keep)
        return bytes.buffer
      }
    } catch (error) {
      if (reload || errorCode(error) !== 'bundle_oversize') throw error
    }
  }
  throw new ForYouError('hash_mismatch', `Bundle file "${file.role}" is not what the manifest names.`)
}

/** A server that refuses is left alone for as long as it asks, else for a minute, and a little longer by chance. */
async function backOff({ platform, store }: UpdateOptions, error: unknown): Promise<void> {
  if (errorCode(error) !== 'http_error') return
  const { retryAfter } = (error as ForYouError).cause as Refusal
  const wait = Math.min((retryAfter ?? BACKOFF_MS) * (1 + platform.random() / 4), MAX_BACKOFF_MS)
  await store.setNote(BACKOFF_NOTE, platform.now() + wait)
}
