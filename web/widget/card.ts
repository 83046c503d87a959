import { safeUrl } from '../../shared/domain/safeUrl.ts'
import type { Slate, SlateItem } from '../../shared/domain/slate.ts'

/** What a host's own rendering gets beside the item. */
export interface CardContext {
  readonly slate: Slate
  readonly position: number
  /** Checked address of the item. */
  readonly link: string
  /** Why the item is shown, in the element's language; may be empty. */
  readonly reason: string
}
export type RenderHook = (item: SlateItem, context: CardContext) => Node

/** Creates an element with a part name and text. Text is only ever text: nothing here parses HTML. */
export function part<K extends keyof HTMLElementTagNameMap>(tag: K, name: string, text = '') {
  const node = document.createElement(tag)
  node.setAttribute('part', name)
  node.textContent = text
  return node
}

/** Where an item leads: its own link, else the host's template, else a fragment that names it. */
export function linkOf({ item, details }: SlateItem, template: string | null): string {
  const id = encodeURIComponent(item)
  const candidates = [details?.link, template?.replace('{id}', id)]
  for (const url of candidates) {
    const safe = url && safeUrl(url, document.baseURI)
    if (safe) return safe
  }
  return `#${id}`
}

/**
 * The built-in card: cover, title, year, price, reason, all inside one link.
 * @param currency ISO 4217 code of the prices; without one they are plain numbers
 */
export function card(
  item: SlateItem,
  context: CardContext,
  { cover, currency }: { readonly cover: RenderHook | null; readonly currency: string | null },
): HTMLElement {
  const { title = '', year, price } = item.details ?? {}
  const anchor = part('a', 'link')
  anchor.href = context.link
  const art = part('span', 'cover')
  art.ariaHidden = 'true'
  art.append(cover?.(item, context) ?? picture(item))
  anchor.append(art, part('span', 'title', title))
  if (year) anchor.append(part('span', 'year', String(year)))
  if (price !== undefined) anchor.append(part('span', 'price', priceText(price, currency)))
  if (context.reason) anchor.append(part('span', 'reason', context.reason))
  return anchor
}

/** As the visitor's own language writes it. A code that is none would throw. */
function priceText(price: number, currency: string | null): string {
  const known = currency && /^[A-Z]{3}$/.test(currency)
  return price.toLocaleString(undefined, known ? { style: 'currency', currency } : {})
}

/** The item's image, else a quiet cover of two colours that belong to the item, with its title. */
function picture({ item, details }: SlateItem): HTMLElement {
  const image = details?.image && safeUrl(details.image, document.baseURI)
  if (image) {
    const img = part('img', 'image')
    img.alt = ''
    img.loading = 'lazy'
    img.src = image
    return img
  }
  let hash = 0
  for (const char of item) hash = (hash * 31 + char.codePointAt(0)!) % 360
  const art = part('span', 'art', details?.title)
  art.style.setProperty('--hue', String(hash))
  return art
}
