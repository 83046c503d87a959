import type { ForYouElement, RenderHook } from '../../index.ts'
import { posterFor } from '../poster/posterFor.ts'
import { filmOf } from './filmOf.ts'
import { showWhy } from './whyDialog.ts'

/**
 * Cards of a row that say why they are there: the element's own parts, and below the link a button that opens the reasons.
 * Only slates that were ranked for this visitor have any.
 */
export function cardWithWhy(row: ForYouElement): RenderHook {
  return ({ item, details }, { slate, link, reason }) => {
    const film = filmOf(item, details)
    const anchor = part('a', 'link')
    anchor.href = link
    const cover = part('span', 'cover')
    cover.ariaHidden = 'true'
    cover.append(posterFor(film))
    anchor.append(cover, part('span', 'title', film.title))
    if (film.year) anchor.append(part('span', 'year', String(film.year)))
    if (details?.price !== undefined) anchor.append(part('span', 'price', details.price.toLocaleString()))
    if (reason) anchor.append(part('span', 'reason', reason))
    const card = document.createDocumentFragment()
    card.append(anchor)
    if (slate.reason === 'personal') {
      const why = part('button', 'why', 'Why this?')
      why.type = 'button'
      why.ariaLabel = `Why this? ${film.title}`
      why.setAttribute('aria-haspopup', 'dialog')
      why.addEventListener('click', (event) => {
        event.stopPropagation() // nobody has followed the film
        // Cards outlive slates: what is shown now says why.
        const shown = row.slate?.items.find((other) => other.item === item)
        if (row.slate && shown) showWhy(row.slate, shown)
      })
      card.append(why)
    }
    return card
  }
}

function part<K extends keyof HTMLElementTagNameMap>(
  tag: K,
  name: string,
  text = '',
): HTMLElementTagNameMap[K] {
  const node = document.createElement(tag)
  node.setAttribute('part', name)
  node.textContent = text
  return node
}
