import type { CatalogueItem, Kind } from '../../index.ts'
import { posterFor } from '../poster/posterFor.ts'
import { factsOf, filmLink, filmOf } from './filmOf.ts'

export interface HistoryEntry {
  readonly item: string
  /** Of the latest interaction, as is `at`. */
  readonly kind: Kind
  readonly at: number
  times: number
  readonly details: CatalogueItem | null
}

const VERBS: Readonly<Record<Kind, string>> = {
  view: 'Opened',
  click: 'Followed',
  save: 'Saved',
  buy: 'Bought',
  rate: 'Rated',
  hide: 'Not interested',
}
const moment = new Intl.DateTimeFormat(undefined, { dateStyle: 'medium', timeStyle: 'short' })

/** A film of the history with its poster, what happened, when, and a button that removes it. */
export function historyRow(
  { item, kind, at, times, details }: HistoryEntry,
  remove: (item: string, title: string) => void,
): HTMLLIElement {
  const film = filmOf(item, details ?? undefined)
  const title = film.title || item
  const row = document.createElement('li')
  row.dataset.item = item
  const link = element('a', 'thumb')
  link.href = filmLink(item)
  link.tabIndex = -1 // the title beside it is the same link
  link.ariaHidden = 'true'
  link.append(posterFor({ ...film, title }))
  const name = element('a', 'name', title)
  name.href = filmLink(item)
  const time = element('time', 'when', moment.format(at))
  time.dateTime = new Date(at).toISOString()
  const what = element('p', 'what', `${VERBS[kind]}${times > 1 ? `, ${times} entries` : ''} · `)
  what.append(time)
  const text = element('div', 'text')
  text.append(name, element('p', 'facts', factsOf(film)), what)
  const button = element('button', 'plain', 'Remove')
  button.type = 'button'
  button.ariaLabel = `Remove ${title}`
  button.addEventListener('click', () => remove(item, title))
  row.append(link, text, button)
  return row
}

function element<K extends keyof HTMLElementTagNameMap>(
  tag: K,
  name: string,
  text = '',
): HTMLElementTagNameMap[K] {
  const node = document.createElement(tag)
  node.className = name
  node.textContent = text
  return node
}
