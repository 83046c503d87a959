import { MAX_HEAD_BYTES, MAX_OVERLAY_BYTES } from '../../shared/bundle/limits.ts'
import type { Head, Manifest } from '../../shared/bundle/manifest.ts'
import { type ErrorCode, errorCode, ForYouError } from '../../shared/domain/errors.ts'
import type { Uptake } from '../../shared/domain/rankerThread.ts'
import { publicRoutes } from '../../shared/domain/routes.ts'
import { floored, followed, seen } from './activeRecord.ts'
import { bring } from './bring.ts'
import type { BundleStore } from './bundleStore.ts'
import { inCanary } from './canary.ts'
import { downloadChecked, type Refusal } from './download.ts'
import { downloadOrder, lastStage, type Stage, type Wanted } from './downloadOrder.ts'
import { fetchRules } from './fetchRules.ts'
import { type CheckedHead, checkHead } from './headCheck.ts'
import { forgetPrevious } from './installed.ts'
import {
  type DocumentSource,
  fetchDocument,
  type LiveManifest,
  liveManifest,
  type ManifestJudge,
} from './liveManifest.ts'
import { oneTab } from './oneTab.ts'
import type { Platform } from './platform.ts'
import { refuseStruck } from './strikes.ts'

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

export interface UpdateOptions extends DocumentSource, ManifestJudge {
  readonly platform: Pick<Platform, 'now' | 'random' | 'pause' | 'fetch' | 'online' | 'locks'>
  readonly store: BundleStore
  readonly wanted?: Wanted
  /** What ranks at the moment, and how far it has arrived. */
  ranking(): { readonly manifest: string; readonly stage: Stage } | null
  /** Decodes and puts to use; throws `bundle_*` where it cannot. Called as stages become complete. */
  install(arrival: Arrival): Promise<void> | void
  /** The record has been written: other tabs may read it. */
  committed(): void
  killed(kill: boolean): void
  /**
   * Follows what a verified head says of single items; rejects where that cannot be had.
   * @param fetched brings the overlay of that name, verified
   */
  overlaid(head: Head, fetched: (name: string) => Promise<string>): Promise<void>
  /**
   * Follows the site's rules; rejects where they cannot be had or read.
   * @param fetched brings what is to be kept of them
   */
  ruled(head: Head, fetched: () => Promise<string>): Promise<void>
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
    return uptakeOf(errorCode(error))
  }
}

/** Where the name of the outcome is not that of the error. */
const UPTAKE_OF: Partial<Record<ErrorCode, Uptake>> = {
  network: 'network-error',
  http_error: 'server-error',
  unavailable: 'server-error',
  storage: 'storage-error',
  internal: 'unknown-error',
}

function uptakeOf(code: ErrorCode): Uptake {
  if (code.startsWith('bundle_')) return 'bundle-error'
  return UPTAKE_OF[code] ?? (code.replace('_', '-') as Uptake)
}

/** One tab downloads for all. A tab that has nothing to rank with waits for its turn; the others leave it at that. */
async function locked(options: UpdateOptions, work: () => Promise<Uptake>): Promise<Uptake> {
  const { platform, store, ranking } = options
  if (store.kind === 'memory') return work()
  return oneTab(platform, 'update', work, ranking() ? () => 'busy' : undefined)
}

async function attempt(options: UpdateOptions): Promise<Uptake> {
  const { platform, store, endpoint, pins, problem } = options
  await forgetPrevious(store, pins).catch(problem)
  const active = await store.active()
  const checked = await downloadChecked(
    platform,
    [endpoint],
    publicRoutes.head,
    MAX_HEAD_BYTES,
    ({ text, date }) => checkHead(text(), pins, active, platform.now(), date),
  )
  const { head } = checked
  if (head.backoff) await leaveAlone(options, head.backoff * 1000)
  await store.change((now) => now && seen(now, checked))
  if (active && active.kill !== (head.kill ?? false)) options.committed()
  options.killed(head.kill ?? false)
  if (head.kill) return 'killed'
  // What is said beside the bundle holds whatever becomes of the bundle, and the other way round.
  const said = await Promise.allSettled([
    options.overlaid(head, (name) => fetchDocument(options, 'overlay', name, MAX_OVERLAY_BYTES)),
    options.ruled(head, () => fetchRules(options, checked)),
  ])
  const uptake = await followArm(options, checked)
  for (const one of said) if (one.status === 'rejected') throw one.reason
  return uptake
}

/** Everybody's bundle, or the canary on the devices that drew it. */
async function followArm(options: UpdateOptions, checked: CheckedHead): Promise<Uptake> {
  const { store, platform } = options
  const { head } = checked
  if (!head.active) throw new ForYouError('unavailable', 'The edge has no live bundle.')
  const { canary } = head
  let failure: unknown
  if (
    canary &&
    canary.manifest !== head.active.manifest &&
    (await inCanary(canary, store, platform.random))
  ) {
    try {
      return await follow(options, canary, checked, true)
    } catch (error) {
      failure = error
    }
  }
  const uptake = await follow(options, head.active, checked, false)
  if (failure) throw failure // what everybody else ranks with serves, and the owner hears of the canary
  return uptake
}

/** Makes what the head names what ranks here, unless it is so already. */
async function follow(
  options: UpdateOptions,
  live: LiveManifest,
  checked: CheckedHead,
  canary: boolean,
): Promise<Uptake> {
  const { store } = options
  await refuseStruck(store, live.manifest)
  const { manifest, envelope } = await liveManifest(options, await store.active(), live, checked)
  const target = { manifest, envelope, hash: live.manifest, canary }
  // The floor counts from here on, whether the rest arrives or not.
  const active = await store.change((now) => now && floored(now, target))
  const order = downloadOrder(manifest, options.wanted)
  const ranking = options.ranking()
  const here =
    active?.manifest === target.hash && active.envelope === envelope && active.present >= order.length
  if (active && here && ranking?.manifest === target.hash && ranking.stage >= lastStage(order)) {
    await store.change((now) => now && followed(now, checked, target))
    return 'up-to-date'
  }
  await bring(options, target, order, active, checked)
  return 'success'
}

/** A server that refuses, or sends what cannot be used, is left alone for as long as it asks, else for a minute. */
async function backOff(options: UpdateOptions, error: unknown): Promise<void> {
  const code = errorCode(error)
  if (code !== 'http_error' && code !== 'hash_mismatch') return
  const { retryAfter } = ((error as ForYouError).cause ?? {}) as Partial<Refusal>
  await leaveAlone(options, retryAfter ?? BACKOFF_MS)
}

/** A little longer by chance, so that devices do not come back together; a day at the most. */
async function leaveAlone({ platform, store }: UpdateOptions, ms: number): Promise<void> {
  const now = platform.now()
  const until = Math.max((await store.note(BACKOFF_NOTE)) ?? 0, now + ms * (1 + platform.random() / 4))
  await store.setNote(BACKOFF_NOTE, Math.min(until, now + MAX_BACKOFF_MS))
}
