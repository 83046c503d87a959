import type { Pins } from '../bundle/envelope.ts'
import type { CatalogueItem } from './catalogue.ts'
import type { Consent, Persist } from './consent.ts'
import type { Interaction } from './interaction.ts'
import type { RecommendOptions, Slate } from './slate.ts'

/** What became of the last attempt to bring the bundle up to date; the list is closed (trust §2). */
export const UPTAKE = [
  'success',
  'up-to-date',
  'offline',
  'network-error',
  'timeout',
  'server-error',
  'parse-error',
  'sign-error',
  'hash-mismatch',
  'bundle-error',
  'rollback-refused',
  'expired',
  'backoff',
  'storage-error',
  'killed',
  'wrong-site',
  'busy',
  'unknown-error',
] as const
export type Uptake = (typeof UPTAKE)[number]

export interface ThreadStart {
  /** Origin (and path) of the edge, no trailing slash. */
  readonly endpoint: string
  readonly pins: Pins
  readonly consent: Consent
  readonly persist: Persist
  /** What the page kept of this browser session, with `persist: 'session'`. As untrusted as everything stored. */
  readonly history?: readonly unknown[]
  /** True where the page brings the details of items by itself: then none are downloaded. */
  readonly ownDetails?: boolean
}

/** What the visitor's device does at the moment; for the site's own diagnostics and for tests. */
export interface ThreadStatus {
  readonly uptake: Uptake | null
  /** The bundle in use. */
  readonly manifest: string | null
  /** Whether that is the bundle of everybody, or the canary that this device drew. */
  readonly arm: 'active' | 'canary' | null
  readonly seq: number
  /** What computes the network: tfjs on WebAssembly, tfjs on its cpu backend, or the plain forward pass. */
  readonly network: 'wasm' | 'cpu' | 'plain' | 'none'
  readonly storage: 'indexeddb' | 'memory'
  readonly data: { readonly name: string; readonly synthetic: boolean } | null
  /** What went wrong so far, one sentence each, latest last, at most eight. */
  readonly problems: readonly string[]
}

/**
 * - `change`: the history is another one, here or in another tab, or the owner has withdrawn, added or changed items: what is
 *   shown may no longer be right
 * - `bundle`: more of the bundle has arrived, or another bundle
 * - `consent`: the visitor has withdrawn consent in another tab
 */
export const THREAD_EVENTS = ['change', 'bundle', 'consent'] as const
export type ThreadEvent = (typeof THREAD_EVENTS)[number]

export interface HistoryExport {
  readonly exportedAt: string
  readonly interactions: readonly Interaction[]
}

/**
 * What crosses between page and ranker thread, as messages. The thread owns the history, the bundle store and the ranker;
 * the page holds nothing. The same core runs on the page where a thread is refused.
 */
export interface RankerThread {
  /** Opens the stores that consent allows and begins to update the bundle; does not wait for the network. */
  start(options: ThreadStart): Promise<void>
  setConsent(consent: Consent): Promise<void>
  /** Resolves once the interaction counts: the next `recommend` sees it. */
  record(interaction: Interaction): Promise<void>
  /**
   * Never rejects for a bad bundle: it resolves to a fallback slate with its reason. Waits for the first bundle at most.
   * @throws ForYouError `bad_usage` for options that no bundle could satisfy
   */
  recommend(options: RecommendOptions): Promise<Slate>
  exportHistory(): Promise<HistoryExport>
  /** Deletes the history everywhere on this device. */
  clearHistory(): Promise<void>
  removeFromHistory(item: string): Promise<void>
  /** Details of the given items as far as they have arrived. */
  items(ids: readonly string[]): Promise<readonly (CatalogueItem | null)[]>
  /** Checks the edge now; resolves when the attempt has ended. */
  update(): Promise<Uptake>
  status(): Promise<ThreadStatus>
  /** Tells the page of every event from now on. */
  subscribe(listener: (event: ThreadEvent) => void): Promise<void>
}

/** Calls that cross to a worker; it tells its events by itself. */
type ThreadMethod = Exclude<keyof RankerThread, 'subscribe'>
export type ThreadCall = readonly [id: number, method: ThreadMethod, args: unknown[]]
/** An event, or what a call has come to: its value, or the fields of its error. */
export type ThreadAnswer =
  | readonly [event: ThreadEvent]
  | readonly [id: number, value: unknown, error?: Partial<Error>]
