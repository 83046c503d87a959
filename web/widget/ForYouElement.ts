import { DEFAULT_K, type RecommendOptions, type Slate, type Surface } from '../../shared/domain/slate.ts'
import { createForYou, type ForYou, type ForYouOptions } from '../client/createForYou.ts'
import { CardList } from './CardList.ts'
import { part, type RenderHook } from './card.ts'
import { headingOf, LABELS, type Labels } from './labels.ts'
import { baseSheet } from './styles.ts'

export const ELEMENT_STATES = ['idle', 'loading', 'ready', 'stalled', 'empty', 'error'] as const
export type ElementState = (typeof ELEMENT_STATES)[number]

const STALL_MS = 1500
const SAME_FOR_ALL: readonly string[] = ['for-you', 'popular']

/**
 * `<for-you surface="for-you" k="12">the site's own content</for-you>`
 *
 * Shows a slate and says on itself how it stands: `data-state`, `data-reason`; every item carries `data-item`. The site's own
 * content stays visible until there is something better.
 *
 * Attributes: `surface`, `k`, `item`, `heading` (empty: none; `{title}`: the seed's title), `layout` (`row`, `grid`),
 * `link-template` (`/film?id={id}`), `currency` (of prices, e.g. `EUR`), `controls` (further options of
 * `recommend` as JSON: `{"exclude":["a"],"filter":{"genre":"Drama"},"caps":{"brand":2}}`), `endpoint`, `consent`, `persist`.
 *
 * Events: `foryou:render` (cancelable, before it renders), `foryou:slate` (after), both with the slate as `detail`;
 * `foryou:select` when an item is followed, with `{ item, slate }`.
 */
export class ForYouElement extends HTMLElement {
  static readonly observedAttributes = [
    'surface',
    'k',
    'item',
    'heading',
    'link-template',
    'currency',
    'controls',
  ]

  /** Makes the whole content of a card; `null` for the built-in one. */
  render: RenderHook | null = null
  /** Makes only the art of the built-in card. */
  cover: RenderHook | null = null

  readonly #root = this.attachShadow({ mode: 'open' })
  readonly #heading = part('h2', 'heading')
  readonly #list = new CardList()
  readonly #slot = document.createElement('slot')
  #client: ForYou | null = null
  #labels: Labels = LABELS
  #slate: Slate | null = null
  #listening: (() => void)[] = []
  #scheduled = false
  /** Number of the request under way: the answers to earlier ones are no longer wanted. */
  #run = 0
  /** Surface and item that were asked for. */
  #asked = ''

  constructor() {
    super()
    this.styleSheets = []
    const section = part('section', 'section')
    section.append(this.#heading, this.#list.element, this.#slot)
    this.#root.append(section)
    this.#list.element.addEventListener('click', this.#select)
  }

  /** The page's client for this element's endpoint, unless another one has been set. */
  get client(): ForYou {
    if (this.#client) return this.#client
    const options: Record<string, string> = {}
    for (const name of ['endpoint', 'consent', 'persist']) {
      const value = this.getAttribute(name)
      if (value) options[name] = value
    }
    this.#client = createForYou(options as ForYouOptions)
    return this.#client
  }

  set client(client: ForYou) {
    this.#client = client
    this.#listen(null)
    this.refresh()
  }

  get labels(): Labels {
    return this.#labels
  }

  /** Texts in the site's language; what is left out stays. */
  set labels(labels: Partial<Labels>) {
    this.#labels = { ...LABELS, ...labels }
    this.refresh()
  }

  /** The host's own sheets for what its hooks render. */
  set styleSheets(sheets: readonly CSSStyleSheet[]) {
    this.#root.adoptedStyleSheets = [baseSheet(), ...sheets]
  }

  /** What is shown, `null` before there is anything. */
  get slate(): Slate | null {
    return this.#slate
  }

  connectedCallback(): void {
    if (!this.#slate) this.#setState('idle')
    this.refresh()
  }

  disconnectedCallback(): void {
    this.#listen(null)
    this.#run++
  }

  attributeChangedCallback(): void {
    this.refresh()
  }

  /** Asks for the slate again, in the next task: what happens at once asks once, and the page can set its client first. */
  refresh(): void {
    if (this.#scheduled || !this.isConnected) return
    this.#scheduled = true
    setTimeout(() => {
      this.#scheduled = false
      if (this.isConnected) void this.#load()
    })
  }

  #listen(client: ForYou | null): void {
    for (const stop of this.#listening.splice(0)) stop()
    if (!client) return
    this.#listening = [
      client.on('change', () => this.refresh()),
      client.on('bundle', () => {
        if (!isSettled(this.#slate)) this.refresh()
      }),
    ]
  }

  async #load(): Promise<void> {
    const run = ++this.#run
    const current = () => run === this.#run
    const stall = setTimeout(() => {
      if (current() && this.dataset.state === 'loading') this.#setState('stalled')
    }, STALL_MS)
    try {
      const options = this.#options()
      this.#begin(options)
      const { client } = this
      if (this.#listening.length === 0) this.#listen(client)
      // Whatever is given beside surface and k, the list for everybody knows nothing of.
      if (!this.#slate && SAME_FOR_ALL.includes(options.surface) && !this.hasAttribute('controls')) {
        void client.popular().then((slate) => {
          if (!current() || this.#slate || !slate) return
          const { surface, k } = options
          this.#show({ ...slate, surface, items: slate.items.slice(0, k), partial: true })
        })
      }
      const slate = await client.recommend(options)
      if (current()) this.#show(slate)
    } catch {
      // The host's page is not the place for our errors: it sees a state, its own content, and client.status().
      if (current() && !this.#slate) this.#setState('error')
    } finally {
      clearTimeout(stall)
    }
  }

  #options(): RecommendOptions & { surface: Surface; k: number } {
    const item = this.getAttribute('item')
    return {
      surface: (this.getAttribute('surface') ?? 'for-you') as Surface,
      k: Number(this.getAttribute('k') ?? DEFAULT_K),
      ...(item && { item }),
      // Without the attribute this is JSON.parse('null'), of which nothing is spread.
      ...JSON.parse(this.getAttribute('controls') as string),
    }
  }

  /** Nothing is shown yet, or for another surface or item: cards get their places. */
  #begin({ k, surface, item }: { k: number; surface: Surface; item?: string }): void {
    const asked = `${surface} ${item ?? ''}`
    if (this.#slate && asked === this.#asked) return
    this.#asked = asked
    if (this.dataset.state === 'loading' || this.dataset.state === 'stalled') return
    this.#slate = null
    this.#list.reserve(Math.min(k || DEFAULT_K, DEFAULT_K))
    this.#heading.textContent = ''
    this.#setState('loading')
  }

  #show(slate: Slate): void {
    const shown = this.#slate
    const named = (s: Slate) => s.items.every(({ details }) => details)
    if (shown && shown.items.length > 0) {
      // Names are on their way: a list with names is better than the right list without.
      if (slate.items.length > 0 && !named(slate) && named(shown)) return
      if (slate.reason === 'no-bundle') {
        this.dataset.reason = slate.reason
        return
      }
    }
    if (!this.#dispatch('foryou:render', slate, true)) return
    this.#slate = slate
    this.dataset.reason = slate.reason
    this.#heading.textContent = headingOf(slate, this.#labels, this.getAttribute('heading'))
    const { render, cover } = this
    this.#list.show(slate, {
      labels: this.#labels,
      linkTemplate: this.getAttribute('link-template'),
      render,
      cover,
      currency: this.getAttribute('currency'),
    })
    this.#setState(slate.items.length > 0 ? 'ready' : 'empty')
    this.#dispatch('foryou:slate', slate)
  }

  #setState(state: ElementState): void {
    this.dataset.state = state
    const ready = state === 'ready'
    const own = this.#slot.assignedNodes().some((node) => node instanceof Element || node.textContent?.trim())
    const waiting = (state === 'loading' || state === 'stalled') && !own
    this.#slot.hidden = ready
    this.#list.element.hidden = !ready && !waiting
    this.#heading.hidden = !ready || !this.#heading.textContent
    this.#root.firstElementChild?.setAttribute('aria-busy', String(waiting))
    this.#root.firstElementChild?.setAttribute('aria-label', this.#heading.textContent ?? '')
  }

  readonly #select = (event: Event): void => {
    const item = event.composedPath().find((node) => node instanceof HTMLElement && node.dataset.item)
    if (item)
      this.#dispatch('foryou:select', { item: (item as HTMLElement).dataset.item, slate: this.#slate })
  }

  #dispatch(type: string, detail: unknown, cancelable = false): boolean {
    return this.dispatchEvent(new CustomEvent(type, { detail, cancelable, bubbles: true, composed: true }))
  }
}

/** Whether more of the bundle cannot change what is shown. */
function isSettled(slate: Slate | null): boolean {
  if (!slate || slate.partial || slate.reason === 'no-bundle' || slate.items.length === 0) return false
  return slate.items.every(({ details }) => details)
}
