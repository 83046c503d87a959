import type { Bundle, openBundle } from '../../shared/bundle/openBundle.ts'
import { errorCode, ForYouError } from '../../shared/domain/errors.ts'
import { isControlled, type RankQuery, type Slate } from '../../shared/domain/slate.ts'
import type { CreateFinishing } from '../../shared/rank/finish/createFinishing.ts'
import type { GoldenCase } from '../../shared/rank/golden.ts'
import type { Network } from '../../shared/rank/network.ts'
import type { Recommender } from '../../shared/rank/plainRecommender.ts'
import type { Stage } from './downloadOrder.ts'
import type { OpenedOverlay } from './openOverlay.ts'
import { part } from './part.ts'
import type { NetworkLoader } from './platform.ts'
import type { Arrival } from './update.ts'

export interface EngineOptions {
  /** Best first. */
  readonly networks: readonly NetworkLoader[]
  problem(error: unknown): void
  /** Decodes blobs; another one in tests. */
  readonly open?: typeof openBundle
}

type Ranking = typeof import('./ranking.ts')

interface Current {
  readonly bundle: Bundle
  readonly golden: readonly GoldenCase[]
  /** Hash of the ranker's file: a network is made of its weights. */
  readonly weights: string | null
}

/**
 * Ranks with the bundle in use. The plain forward pass serves at once; a faster network replaces it when it has loaded and
 * has reproduced the bundle's golden cases.
 */
export class Engine {
  readonly #options: EngineOptions
  #current: Current | null = null
  /** What ranks, before anything is laid over it, and with what. */
  #base: { readonly bundle: Bundle; readonly network: Network | undefined } | null = null
  #overlay: OpenedOverlay | null = null
  #ranking: Ranking | null = null
  #recommender: Recommender | null = null
  #finishing: CreateFinishing | null = null
  #stage: Stage | 0 = 0
  #network: Network['backend'] | 'none' = 'none'
  #loaded: { readonly weights: string; readonly network: Network } | null = null
  #loading: string | null = null
  readonly #failed = new Set<Network['backend']>()

  constructor(options: EngineOptions) {
    this.#options = options
  }

  /** The bundle in use, overlaid. */
  get bundle(): Bundle | null {
    return this.#recommender?.bundle ?? null
  }

  /** How much of the bundle is in use; 0 where there is none. */
  get stage(): Stage | 0 {
    return this.#stage
  }

  get network(): Network['backend'] | 'none' {
    return this.#network
  }

  /** True where the golden cases cannot be reproduced on this device, so that only popularity is ranked. */
  get distrusted(): boolean {
    return this.#current !== null && this.#base?.bundle !== this.#current.bundle
  }

  /** From now on slates know what is said of single items. */
  overlay(overlay: OpenedOverlay | null): void {
    this.#overlay = overlay
    if (this.#base) this.#rankWith(this.#base.bundle, this.#base.network)
  }

  /**
   * Loads what ranks; before it, nothing can be installed.
   * @throws ForYouError `network` where that cannot be had
   */
  async ready(): Promise<Ranking> {
    this.#ranking = await part('ranking')
    return this.#ranking
  }

  /** @throws ForYouError `bundle_*` where the blobs cannot be used; what ranked before then still does */
  install({ manifest, manifestHash, blobs, stage }: Arrival): void {
    const ranking = this.#loadedRanking()
    const { createPlainRecommender, decodeGolden, goldenOf } = ranking
    const bundle = (this.#options.open ?? ranking.openBundle)(manifest, manifestHash, blobs)
    const cases = bundle.complete ? goldenOf(blobs) : undefined
    const golden = cases ? decodeGolden(cases) : []
    const file = manifest.files.find(({ role }) => role === 'ranker')
    const next = { bundle, golden, weights: bundle.ranker && file ? file.sha256 : null }
    createPlainRecommender(bundle, undefined, () => null) // refuses a ranker that this code cannot feed, before anything changes
    const { bundle: before = null } = this.#current ?? {}
    const trusted = !this.distrusted
    const ready = this.#loaded?.weights === next.weights ? this.#loaded?.network : undefined
    const fast = ready !== undefined && this.#use(next, ready)
    const good = fast || this.#use(next)
    if (!good && before && trusted && before.manifestHash !== manifestHash) {
      throw new ForYouError('bundle_value', 'Its golden cases fail here.')
    }
    this.#current = next
    this.#stage = stage
    if (!good) this.#useWithoutRanker(next)
    else if (!fast && next.weights !== null) void this.#speedUp(next.weights)
  }

  remove(): void {
    this.#current = null
    this.#base = null
    this.#recommender = null
    this.#stage = 0
    this.#network = 'none'
  }

  /**
   * Loads what a controlled slate needs.
   * @throws ForYouError `network` where that cannot be had
   */
  async prepare(query: Partial<RankQuery>): Promise<void> {
    if (isControlled(query)) this.#finishing ??= (await part('finishing')).createFinishing
  }

  /** @throws ForYouError `bad_usage`, or whatever ranking throws */
  recommend(query: RankQuery): Slate {
    const { backend } = this.#base?.network ?? {}
    try {
      return this.#recommended(query)
    } catch (error) {
      // A network that reproduced the golden cases may still fail on this history: the plain forward pass ranks the same.
      if (errorCode(error) === 'bad_usage' || !backend || !this.#current) throw error
      this.#failed.add(backend)
      this.#loaded = null
      this.#options.problem(error)
      if (!this.#use(this.#current)) throw error
      return this.#recommended(query)
    }
  }

  #recommended(query: RankQuery): Slate {
    if (!this.#recommender) throw new ForYouError('internal', 'There is no bundle to rank with.')
    return withTitles(this.#recommender.recommend(query), this.#recommender.bundle)
  }

  /** @returns whether the golden cases came out right; if not, nothing has changed */
  #use({ bundle, golden, weights }: Current, network?: Network): boolean {
    try {
      this.#loadedRanking().checkGolden(bundle, golden, network)
      this.#rankWith(bundle, network)
      this.#network = weights === null ? 'none' : (network?.backend ?? 'plain')
      return true
    } catch (error) {
      if (network) this.#failed.add(network.backend)
      this.#options.problem(error)
      return false
    }
  }

  /** Where even the plain forward pass ranks otherwise than it should, nothing personal can be trusted. */
  #useWithoutRanker({ bundle }: Current): void {
    const manifest = { ...bundle.manifest, forYou: 'popularity' as const }
    this.#rankWith({ ...bundle, manifest, ranker: null })
    this.#network = 'none'
  }

  /** Golden cases were recorded without an overlay, so it comes after them. */
  #rankWith(bundle: Bundle, network?: Network): void {
    const { createPlainRecommender } = this.#loadedRanking()
    const overlaid = this.#overlay?.lay(bundle) ?? bundle
    this.#recommender = createPlainRecommender(overlaid, network, () => this.#finishing)
    this.#base = { bundle, network }
  }

  #loadedRanking(): Ranking {
    if (!this.#ranking) throw new ForYouError('internal', 'What ranks has not been loaded.')
    return this.#ranking
  }

  async #speedUp(weights: string): Promise<void> {
    if (this.#loading === weights) return
    this.#loading = weights
    for (const { backend, load } of this.#options.networks) {
      const { ranker } = this.#current?.bundle ?? {}
      if (!ranker || this.#current?.weights !== weights) break
      if (this.#failed.has(backend)) continue
      try {
        const network = await load(ranker.network)
        // More of the same bundle, or another one, may have arrived meanwhile.
        if (this.#current?.weights !== weights) break
        this.#loaded = { weights, network }
        if (this.#use(this.#current, network)) break
      } catch (error) {
        this.#failed.add(backend)
        this.#options.problem(error)
      }
    }
    this.#loading = null
  }
}

/** Names the visitor's items in the reasons, as far as their details have arrived. */
function withTitles(slate: Slate, bundle: Bundle): Slate {
  const titled = slate.items.map((item) => ({
    ...item,
    why: item.why.map((reason) => {
      const number = reason.item === undefined ? undefined : bundle.numberOf.get(reason.item)
      const title = number === undefined ? undefined : bundle.detailsOf(number)?.title
      return title === undefined ? reason : { ...reason, title }
    }),
  }))
  return { ...slate, items: titled }
}
