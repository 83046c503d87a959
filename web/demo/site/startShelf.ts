import type { ForYouElement, Slate } from '../../index.ts'
import { posterFor } from '../poster/posterFor.ts'
import { filmOf } from './filmOf.ts'

const PATIENCE_MS = 5000

/** The labels of the site; what is left out is the element's own. */
const LABELS = { popular: 'Popular this week', trending: 'Rising this week', fresh: 'New here' }

/**
 * Makes a row of films out of a `<section class="shelf">` with a heading, two arrows and a `<for-you>`: posters as art, arrows
 * that scroll, and no row where there is nothing to show.
 * @param shown told of every slate that the row shows
 */
export function startShelf(section: HTMLElement, shown?: (slate: Slate) => void): ForYouElement {
  const element = section.querySelector('for-you')
  if (!element) throw new Error('A shelf needs a <for-you>.')
  element.cover = ({ item, details }) => posterFor(filmOf(item, details))
  element.labels = LABELS
  const heading = section.querySelector('h2')
  const optional = section.hidden
  waitForTitles(element)
  element.addEventListener('foryou:slate', (event) => {
    const slate = (event as CustomEvent<Slate>).detail
    if (optional) section.hidden = slate.items.length === 0
    const title = slate.seedDetails?.title
    if (heading?.dataset.heading && title)
      heading.textContent = heading.dataset.heading.replace('{title}', title)
    shown?.(slate)
  })
  startArrows(section, element)
  return element
}

/**
 * A poster without a title is no poster: titles come a moment after the first slate of a first visit, and the row keeps its
 * places until then; for ever it does not wait.
 */
function waitForTitles(element: ForYouElement): void {
  let patient = true
  setTimeout(() => {
    patient = false
    if (element.dataset.state !== 'ready') element.refresh()
  }, PATIENCE_MS)
  element.addEventListener('foryou:render', (event) => {
    const { items } = (event as CustomEvent<Slate>).detail
    if (patient && items.some(({ details }) => !details)) event.preventDefault()
  })
}

/** The arrows scroll by what is visible, in the reading direction; at an end the arrow there is switched off. */
function startArrows(section: HTMLElement, element: ForYouElement): void {
  const list = element.shadowRoot?.querySelector('[part=list]')
  const [back, forth] = section.querySelectorAll<HTMLButtonElement>('.arrows button')
  if (!list || !back || !forth) return
  const sign = () => (getComputedStyle(element).direction === 'rtl' ? -1 : 1)
  const scroll = (direction: number) => {
    const still = matchMedia('(prefers-reduced-motion: reduce)').matches
    list.scrollBy({
      left: direction * sign() * list.clientWidth * 0.86,
      behavior: still ? 'instant' : 'smooth',
    })
  }
  const limits = () => {
    const from = Math.abs(list.scrollLeft)
    // A disabled button would drop the keyboard's focus; these stay reachable and say that they are at an end.
    back.setAttribute('aria-disabled', String(from < 4))
    forth.setAttribute('aria-disabled', String(from + list.clientWidth > list.scrollWidth - 4))
  }
  back.addEventListener('click', () => scroll(-1))
  forth.addEventListener('click', () => scroll(1))
  list.addEventListener('scroll', limits, { passive: true })
  new ResizeObserver(limits).observe(list)
  element.addEventListener('foryou:slate', limits)
  limits()
}
