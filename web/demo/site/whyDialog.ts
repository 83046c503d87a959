import type { Slate, SlateItem } from '../../index.ts'
import { paletteOf, posterFor } from '../poster/posterFor.ts'
import { filmLink, filmOf } from './filmOf.ts'
import { type WhyPart, whyParts } from './whyParts.ts'

/**
 * Says why a film stands in a row: what speaks for it and what against, as signed bars, with the visitor's own films by
 * name. A modal dialog: Escape, its button and a click beside it close it, and the focus goes back to where it was.
 */
export function showWhy(slate: Slate, item: SlateItem): void {
  const film = filmOf(item.item, item.details)
  const dialog = element('dialog', 'reasons')
  dialog.setAttribute('aria-labelledby', 'reasons-title')
  const heading = element('h2', '', `Why ${film.title || 'this film'}?`)
  heading.id = 'reasons-title'
  const poster = element('a', 'reasons-poster')
  poster.href = filmLink(item.item)
  poster.ariaLabel = film.title
  poster.append(posterFor(film))
  dialog.style.setProperty('--ground', paletteOf(film).ground)
  const list = element('ul', 'reasons-parts')
  list.role = 'list' // Safari drops the role from lists without markers
  list.append(...whyParts(slate, item).map(row))
  const note = element(
    'p',
    'reasons-note',
    'Worked out in this browser, from the films that you opened here. Nothing was sent. ',
  )
  const history = element('a', '', 'Your history')
  history.href = './history'
  note.append(history)
  const close = element('button', 'reasons-close', 'Close')
  close.type = 'button'
  close.addEventListener('click', () => dialog.close())
  const text = element('div', 'reasons-text')
  text.append(heading, list, note, close)
  dialog.append(poster, text)
  dialog.addEventListener('click', (event) => {
    if (event.target === dialog) dialog.close()
  })
  dialog.addEventListener('close', () => dialog.remove())
  document.body.append(dialog)
  dialog.showModal()
  close.focus()
}

function row({ words, title, percent }: WhyPart): HTMLLIElement {
  const said = element('span', 'reasons-words', title ? `${words} ` : words)
  if (title) {
    const own = element('b', '', title)
    own.dir = 'auto'
    said.append(own)
  }
  const bar = element('span', 'reasons-bar')
  bar.ariaHidden = 'true'
  bar.dataset.sign = percent > 0 ? 'for' : 'against'
  bar.style.setProperty('--part', String(Math.abs(percent) / 100))
  const number = element('span', 'reasons-percent', `${percent > 0 ? '+' : '−'}${Math.abs(percent)} %`)
  number.dir = 'ltr'
  const entry = element('li', '')
  entry.append(said, bar, number)
  return entry
}

function element<K extends keyof HTMLElementTagNameMap>(
  tag: K,
  name: string,
  text = '',
): HTMLElementTagNameMap[K] {
  const node = document.createElement(tag)
  if (name) node.className = name
  node.textContent = text
  return node
}
