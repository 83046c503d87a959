import type { Slate, SlateItem } from '../../shared/domain/slate.ts'
import { type CardContext, card, linkOf, part, type RenderHook } from './card.ts'
import { type Labels, reasonLine } from './labels.ts'

export interface CardOptions {
  readonly labels: Labels
  readonly linkTemplate: string | null
  readonly render: RenderHook | null
  readonly cover: RenderHook | null
  readonly currency: string | null
}

interface Kept {
  readonly node: HTMLLIElement
  /** What the card was made from: while it is the same, the card stays as it is. */
  readonly key: string
}

/** The rendered slate. Items that stay keep their nodes, and with them focus, scroll position and loaded images. */
export class CardList {
  readonly element = part('ul', 'list')
  #kept = new Map<string, Kept>()

  constructor() {
    this.element.role = 'list' // Safari drops the role from lists without markers
  }

  show(slate: Slate, options: CardOptions): void {
    const root = this.element.getRootNode()
    const focused = root instanceof ShadowRoot ? root.activeElement : null
    const kept = new Map<string, Kept>()
    for (const [position, item] of slate.items.entries()) {
      if (!kept.has(item.item)) kept.set(item.item, this.#card(slate, item, position, options))
    }
    this.#kept = kept
    const nodes = [...kept.values()].map(({ node }) => node)
    for (const child of [...this.element.children])
      if (!nodes.includes(child as HTMLLIElement)) child.remove()
    for (const [i, node] of nodes.entries()) {
      if (this.element.children[i] !== node) this.element.insertBefore(node, this.element.children[i] ?? null)
    }
    if (focused instanceof HTMLElement && focused.isConnected) focused.focus({ preventScroll: true })
  }

  /** Places that cards will take, so that nothing moves when they come. */
  reserve(count: number): void {
    const places = Array.from({ length: count }, () => {
      const place = document.createElement('li')
      place.ariaHidden = 'true'
      place.append(part('span', 'skeleton'))
      return place
    })
    this.#kept = new Map()
    this.element.replaceChildren(...places)
  }

  #card(slate: Slate, item: SlateItem, position: number, options: CardOptions): Kept {
    const link = linkOf(item, options.linkTemplate)
    const reason = reasonLine(slate, item, options.labels)
    const key = JSON.stringify([link, reason, item.details, options.currency])
    const before = this.#kept.get(item.item)
    if (before?.key === key) return before
    const context: CardContext = { slate, position, link, reason }
    const node = before?.node ?? part('li', 'item')
    node.dataset.item = item.item
    node.replaceChildren(options.render?.(item, context) ?? card(item, context, options))
    return { node, key }
  }
}
