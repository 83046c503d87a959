import type { Slate, SlateItem } from '../../index.ts'
import { artworkFor } from '../poster/posterFor.ts'
import { byId } from './byId.ts'
import { factsOf, filmLink, filmOf } from './filmOf.ts'

const LONG_TITLE = 22
const VERY_LONG_TITLE = 42

/** The first film of the slate, large. Stays as it is while the first film does. */
export function showHero({ items, reason }: Slate): void {
  const hero = byId('hero', HTMLElement)
  const first = items.find(({ details }) => details)
  if (!first) {
    hero.hidden = items.length === 0 && hero.dataset.item === undefined
    return
  }
  byId('hero-why', HTMLElement).textContent = whyOf(first, reason)
  hero.hidden = false
  if (hero.dataset.item === first.item) return
  hero.dataset.item = first.item
  const film = filmOf(first.item, first.details)
  const { svg, palette } = artworkFor(film)
  hero.style.setProperty('--ground', palette.ground)
  hero.style.setProperty('--ink', palette.ink)
  byId('hero-art', HTMLElement).replaceChildren(svg)
  const title = byId('hero-title', HTMLElement)
  title.textContent = film.title
  title.dataset.length =
    film.title.length > VERY_LONG_TITLE ? 'very-long' : film.title.length > LONG_TITLE ? 'long' : ''
  byId('hero-facts', HTMLElement).textContent = factsOf(film)
  byId('hero-link', HTMLAnchorElement).href = filmLink(film.id)
}

function whyOf({ why }: SlateItem, reason: Slate['reason']): string {
  if (why.some(({ source }) => source === 'pin' || source === 'explore')) return 'Put first by this site'
  const title = why.find((part) => part.share > 0 && part.title)?.title
  if (title) return `Because you viewed ${title}`
  return reason === 'personal' ? 'Picked for you' : 'Everybody’s first choice'
}
