import * as v from 'valibot'
import type { Consent } from '../../shared/domain/consent.ts'
import { errorCode, ForYouError } from '../../shared/domain/errors.ts'
import { type Interaction, InteractionSchema } from '../../shared/domain/interaction.ts'
import type {
  HistoryExport,
  RankerThread,
  ThreadEvent,
  ThreadStart,
  ThreadStatus,
  Uptake,
} from '../../shared/domain/rankerThread.ts'
import type { Reason, RecommendOptions, Slate } from '../../shared/domain/slate.ts'
import { BundleKeeper } from './bundleKeeper.ts'
import { checkOptions } from './checkOptions.ts'
import { Device } from './device.ts'
import { displayable } from './displayable.ts'
import { Engine, type EngineOptions } from './engine.ts'
import { onBundleClock } from './onBundleClock.ts'
import type { Platform, TabMessage } from './platform.ts'

const MAX_PROBLEMS = 8

/**
 * Everything that the ranker does on a device, behind the contract that page and thread share.
 * @param open decodes blobs; another one in tests
 */
export function createCore(platform: Platform, open?: EngineOptions['open']): RankerThread {
  return new Core(platform, open)
}

class Core implements RankerThread {
  readonly #platform: Platform
  readonly #engine: Engine
  readonly #problems: string[] = []
  readonly #listeners = new Set<(event: ThreadEvent) => void>()
  #running: { readonly start: ThreadStart; readonly keeper: BundleKeeper } | null = null
  #consent: Consent = { personalise: false, measure: false, popularity: false }
  #device: Device

  constructor(platform: Platform, open: EngineOptions['open']) {
    this.#platform = platform
    this.#engine = new Engine({
      networks: platform.networks,
      problem: this.#problem,
      ...(open && { open }),
    })
    this.#device = new Device(platform, { persist: 'none', problem: this.#problem })
  }

  async start(start: ThreadStart): Promise<void> {
    const keeper = new BundleKeeper({
      platform: this.#platform,
      engine: this.#engine,
      endpoint: start.endpoint,
      pins: start.pins,
      device: () => this.#device,
      wanted: () => ({ lean: this.#platform.lean(), details: !start.ownDetails }),
      changed: () => this.#emit('bundle'),
      said: () => this.#emit('change'),
      problem: this.#problem,
    })
    this.#running = { start, keeper }
    void this.#engine.ready().catch(this.#problem) // comes while the database opens
    this.#consent = start.consent
    await this.#openDevice()
    if (start.history && start.consent.personalise && start.persist === 'session')
      this.#device.history.restore(start.history)
    await keeper.load()
    void keeper.update()
  }

  async setConsent(consent: Consent): Promise<void> {
    const { keeper } = this.#started()
    const before = this.#consent.personalise
    this.#consent = consent
    if (consent.personalise) {
      if (before) return
      await this.#openDevice()
      await keeper.load()
      void keeper.update()
    } else {
      this.#device.post('withdrawn')
      await this.#forget() // also what an earlier visit may have left
    }
    if (consent.personalise !== before) this.#emit('change')
  }

  async record(interaction: Interaction): Promise<void> {
    this.#started()
    const parsed = v.safeParse(InteractionSchema, interaction)
    if (!parsed.success) {
      const where = v.getDotPath(parsed.issues[0]) ?? 'the top'
      throw new ForYouError('bad_usage', `The interaction is wrong at ${where}: ${parsed.issues[0].message}.`)
    }
    if (!this.#consent.personalise) return
    // A page's clock may run ahead; an interaction that is yet to come would never grow old.
    const at = Math.min(parsed.output.at, this.#platform.now())
    await this.#device.history.record({ ...parsed.output, at })
    this.#historyChanged()
  }

  async recommend(options: RecommendOptions): Promise<Slate> {
    checkOptions(options)
    const { keeper } = this.#started()
    await keeper.arrived(options.item || options.items || this.#device.history.list().length > 0 ? 2 : 1)
    if (keeper.killed) return this.#empty(options, 'killed')
    if (!this.#engine.bundle) return this.#empty(options, 'no-bundle')
    try {
      await this.#engine.prepare(options)
      return await keeper.rank(() => this.#rank(options, keeper))
    } catch (error) {
      if (errorCode(error) === 'bad_usage') throw error
      this.#problem(error)
      await keeper.hasFailed()
      return this.#popularInstead(options, keeper)
    }
  }

  async exportHistory(): Promise<HistoryExport> {
    const exportedAt = new Date(this.#platform.now()).toISOString()
    return { exportedAt, interactions: [...this.#device.history.list()] }
  }

  async clearHistory(): Promise<void> {
    await this.#device.history.clear()
    this.#historyChanged()
  }

  async removeFromHistory(item: string): Promise<void> {
    await this.#device.history.remove(item.normalize('NFC'))
    this.#historyChanged()
  }

  async items(ids: readonly string[]) {
    await this.#started().keeper.arrived(2)
    const { bundle } = this.#engine
    return ids.map((id) => {
      const number = bundle?.numberOf.get(id.normalize('NFC'))
      const details = number === undefined ? undefined : bundle?.detailsOf(number)
      return bundle && details ? { id, ...displayable(details, bundle.manifest.origins) } : null
    })
  }

  update(): Promise<Uptake> {
    return this.#started().keeper.update()
  }

  async status(): Promise<ThreadStatus> {
    const { bundle } = this.#engine
    const keeper = this.#running?.keeper
    return {
      uptake: keeper?.uptake ?? null,
      manifest: bundle?.manifestHash ?? null,
      arm: keeper?.arm ?? null,
      seq: keeper?.seq ?? 0,
      network: this.#engine.network,
      storage: this.#device.kind,
      data: bundle && { name: bundle.manifest.data.name, synthetic: bundle.manifest.data.synthetic },
      problems: [...this.#problems],
    }
  }

  async subscribe(listener: (event: ThreadEvent) => void): Promise<void> {
    this.#listeners.add(listener)
  }

  #started() {
    if (!this.#running) throw new ForYouError('bad_usage', 'The ranker has not been started.')
    return this.#running
  }

  #rank(options: RecommendOptions, keeper: BundleKeeper): Slate {
    const { manifest } = this.#engine.bundle!
    const own = this.#consent.personalise && !keeper.stale ? this.#device.history.list() : []
    const moment = onBundleClock(manifest, keeper.firstUsedAt, this.#platform.now(), own)
    const slate = this.#engine.recommend({ ...options, ...moment, rules: keeper.rules })
    const items = slate.items.map((item) =>
      item.details ? { ...item, details: displayable(item.details, manifest.origins) } : item,
    )
    return { ...slate, items, reason: this.#reasonFor(slate, keeper) }
  }

  /** Why a slate that should be the visitor's own is not, where that is so. */
  #reasonFor({ surface, reason, within }: Slate, keeper: BundleKeeper): Reason {
    if (surface === 'top-in' ? within : !['for-you', 'because', 'recent'].includes(surface)) return reason
    if (!this.#consent.personalise) return 'no-consent'
    if (keeper.stale) return 'stale'
    const distrusted = surface === 'for-you' && this.#engine.distrusted
    return distrusted && this.#device.history.list().length > 0 ? 'ranker-failed' : reason
  }

  #popularInstead(options: RecommendOptions, keeper: BundleKeeper): Slate {
    const { surface = 'for-you' } = options
    try {
      return { ...this.#rank({ ...options, surface: 'popular' }, keeper), surface, reason: 'ranker-failed' }
    } catch (error) {
      this.#problem(error)
      return this.#empty(options, 'ranker-failed')
    }
  }

  /** A slate without items: the page shows its own content instead. */
  #empty({ surface = 'for-you' }: RecommendOptions, reason: Reason): Slate {
    return { surface, items: [], reason, manifest: this.#engine.bundle?.manifestHash ?? null, partial: false }
  }

  async #openDevice(): Promise<void> {
    const persist = this.#consent.personalise ? this.#started().start.persist : 'none'
    await this.#device.close()
    this.#device = new Device(this.#platform, { persist, problem: this.#problem })
    this.#device.listen((message) => void this.#heard(message).catch(this.#problem))
    await this.#device.history.load()
  }

  /** Another tab has changed what tabs share. */
  async #heard(message: TabMessage): Promise<void> {
    if (message === 'bundle') return this.#started().keeper.load()
    if (message === 'history') {
      await this.#device.history.load()
    } else {
      this.#consent = { ...this.#consent, personalise: false }
      await this.#forget()
      this.#emit('consent')
    }
    this.#emit('change')
  }

  /** Nothing of the visitor stays; the bundle in memory goes on serving the popular list. */
  async #forget(): Promise<void> {
    await this.#device.close()
    this.#device = new Device(this.#platform, { persist: 'none', problem: this.#problem })
    await this.#platform.deleteDatabase().catch(this.#problem)
  }

  #historyChanged(): void {
    this.#device.post('history')
    this.#emit('change')
  }

  #emit(event: ThreadEvent): void {
    for (const listener of this.#listeners) listener(event)
  }

  readonly #problem = (error: unknown): void => {
    this.#problems.push(error instanceof Error ? error.message : String(error))
    this.#problems.splice(0, this.#problems.length - MAX_PROBLEMS)
  }
}
