import type { Pins } from '../../shared/bundle/envelope.ts'
import type { CatalogueItem } from '../../shared/domain/catalogue.ts'
import {
  type Consent,
  type ConsentStart,
  type Persist,
  startingConsent,
  withPrivacySignal,
} from '../../shared/domain/consent.ts'
import { ForYouError } from '../../shared/domain/errors.ts'
import type { Interaction, Kind } from '../../shared/domain/interaction.ts'
import type { HistoryExport, ThreadEvent, ThreadStatus, Uptake } from '../../shared/domain/rankerThread.ts'
import type { RecommendOptions, Slate } from '../../shared/domain/slate.ts'
import type { BridgeHooks } from './bridge.ts'
import { built, home } from './built.ts'
import { loadBridge } from './loadBridge.ts'
import type { DetailsResolver } from './ownDetails.ts'
import { popularSlate } from './popularSlate.ts'
import type { Supervisor } from './supervisor.ts'

export interface ForYouOptions {
  /** Address of the edge; where the loader came from, if it is left out. */
  readonly endpoint?: string
  /** `required` (default): nothing is stored before `consent.set`. */
  readonly consent?: ConsentStart
  /**
   * `local` (default): the history stays until it is cleared. `session`: it ends with the browser tab. `none`: it ends with
   * the page, and nothing is stored at all.
   */
  readonly persist?: Persist
  /** Who may sign; what was built into the loader, if it is left out. */
  readonly pins?: Pins
  /**
   * Describes items from the site's own data; the bundle's details are then not downloaded. It is asked for the items of each
   * slate, so whoever answers it learns them.
   */
  readonly details?: DetailsResolver
}

export interface ForYou {
  readonly endpoint: string
  /** Resolves once the next `recommend` counts it; does nothing without consent. */
  record(interaction: { item: string; kind?: Kind; at?: number }): Promise<void>
  /**
   * Never rejects for a bad bundle or network: the slate says its reason.
   * @throws ForYouError `bad_usage` for impossible options; the signal's reason when it is aborted
   */
  recommend(options?: RecommendOptions & { readonly signal?: AbortSignal }): Promise<Slate>
  /** The edge's list for a visitor nobody knows, for a first paint before the ranker has started; `null` if not needed. */
  popular(): Promise<Slate | null>
  /** @returns how to stop listening */
  on(event: ThreadEvent, listener: () => void): () => void
  readonly history: {
    list(): Promise<readonly Interaction[]>
    export(): Promise<HistoryExport>
    clear(): Promise<void>
    remove(item: string): Promise<void>
  }
  readonly consent: { get(): Consent; set(consent: Consent): Promise<void> }
  items(ids: readonly string[]): Promise<readonly (CatalogueItem | null)[]>
  /** Looks for a new bundle now. */
  update(): Promise<Uptake>
  status(): Promise<ThreadStatus>
  close(): void
}

/** A page that is looked at again asks for a new bundle, but not more often than this. */
const CHECK_EVERY_MS = 600_000
/** A page that stays open and in view asks by itself: with the pause above, within a day in any case (trust P4). */
const CHECK_AGAIN_MS = 43_200_000

interface Shared {
  readonly client: ForYou
  /** Starts consent anew, unless the visitor has spoken. */
  begin(consent: ConsentStart): void
}
const clients = new Map<string, Shared>()

/**
 * The recommender of a page. All who ask for the same endpoint share one, the elements on the page included; who asks later
 * may start the consent anew as long as nobody has set it, the rest stays as it was first given. The ranker starts when
 * something is first asked of it.
 * @param connect brings what starts the ranker; another one in tests
 */
export function createForYou(options: ForYouOptions = {}, connect = loadBridge): ForYou {
  const endpoint = new URL(options.endpoint ?? home, location.href).href.replace(/\/+$/, '')
  let shared = clients.get(endpoint)
  if (shared && options.consent) shared.begin(options.consent)
  if (!shared) {
    shared = newClient(endpoint, options, connect)
    clients.set(endpoint, shared)
  }
  return shared.client
}

function newClient(endpoint: string, options: ForYouOptions, connect: typeof loadBridge): Shared {
  const { persist = 'local', pins = built?.pins } = options
  if (!pins) throw new ForYouError('bad_usage', 'There are no pinned keys: give "pins".')
  let started: ConsentStart | undefined = options.consent ?? 'required'
  let consent = startingConsent(started, privacySignal())
  let checked = Date.now()
  let popular: Promise<Slate | null> | undefined
  let running: Promise<Supervisor> | undefined
  const listeners = new Set<readonly [event: ThreadEvent, listener: () => void]>()

  const hooks: BridgeHooks = {
    details: options.details,
    start: () => ({ endpoint, pins, consent, persist }),
    refused: () => started !== 'required' && !consent.personalise,
    heard(event) {
      if (event === 'consent') consent = { ...consent, personalise: false }
      for (const [name, listener] of listeners) if (name === event) listener()
    },
  }

  const call: Supervisor['call'] = async (work) => {
    running ??= connect(hooks)
    try {
      return (await running).call(work)
    } catch (error) {
      running = undefined // could not be fetched: the next call tries again
      throw error
    }
  }

  function setConsent(wish: Consent): Promise<void> {
    consent = withPrivacySignal(wish, privacySignal())
    return call((thread) => thread.setConsent(consent))
  }

  function look(): void {
    // A clock that was set back must not silence a page for a year.
    if (document.hidden || !running || Math.abs(Date.now() - checked) < CHECK_EVERY_MS) return
    checked = Date.now()
    void call((thread) => thread.update()).catch(() => undefined)
  }
  document.addEventListener('visibilitychange', look)
  addEventListener('focus', look)
  const timer = setInterval(look, CHECK_AGAIN_MS)

  const client: ForYou = {
    endpoint,
    record: ({ item, kind = 'view', at = Date.now() }) => call((thread) => thread.record({ item, kind, at })),
    recommend: ({ signal, ...query } = {}) =>
      abortable(
        call((thread) => thread.recommend(query)),
        signal,
      ),
    popular: () => (popular ??= popularSlate(endpoint, consent.personalise, persist)),
    on(event, listener) {
      const entry = [event, listener] as const
      listeners.add(entry)
      return () => listeners.delete(entry)
    },
    history: {
      list: async () => (await call((thread) => thread.exportHistory())).interactions,
      export: () => call((thread) => thread.exportHistory()),
      clear: () => call((thread) => thread.clearHistory()),
      remove: (item) => call((thread) => thread.removeFromHistory(item)),
    },
    consent: {
      get: () => consent,
      set(wish) {
        started = undefined
        return setConsent(wish)
      },
    },
    items: (ids) => call((thread) => thread.items(ids)),
    update: () => call((thread) => thread.update()),
    status: () => call((thread) => thread.status()),
    close() {
      document.removeEventListener('visibilitychange', look)
      removeEventListener('focus', look)
      clearInterval(timer)
      clients.delete(endpoint)
      void running?.then((open) => open.close()).catch(() => undefined)
    },
  }
  return {
    client,
    begin(start) {
      if (!started || start === started) return
      started = start
      void setConsent(startingConsent(start, false)).catch(() => undefined)
    },
  }
}

/** Global Privacy Control, where the browser has it. */
function privacySignal(): boolean {
  return (navigator as { globalPrivacyControl?: boolean }).globalPrivacyControl === true
}

function abortable<T>(work: Promise<T>, signal?: AbortSignal): Promise<T> {
  if (!signal) return work
  const aborted = new Promise<never>((_, reject) => {
    const abort = () => reject(signal.reason)
    if (signal.aborted) abort()
    signal.addEventListener('abort', abort, { once: true })
  })
  return Promise.race([work, aborted])
}
