import type { Slate } from '../index.ts'
import './styles/site.css'
import './styles/home.css'
import { byId } from './site/byId.ts'
import { showHero } from './site/showHero.ts'
import { startShelf } from './site/startShelf.ts'
import { startSite } from './site/startSite.ts'

const NOTES: Partial<Record<Slate['reason'], string>> = {
  personal: 'Ranked on this device, from what you have opened here.',
  popular: 'What everybody watches, for now. Open a film or two and this row becomes yours.',
  'no-consent': 'Personal picks are off, so this is what everybody watches.',
  stale: 'The recommendations are out of date, so this is what everybody watches.',
  'ranker-failed': 'The ranking failed on this device, so this is what everybody watches.',
  'no-bundle': 'The films could not be fetched yet.',
  killed: 'Recommendations are switched off at the moment.',
}

startSite()

const note = byId('for-you-note', HTMLElement)
const others = ['trending', 'popular'].map((name) => startShelf(byId(name, HTMLElement)))
let above: ReadonlySet<string> | null = null

startShelf(byId('for-you', HTMLElement), (slate) => {
  note.textContent = NOTES[slate.reason] ?? ''
  showHero(slate)
  above = new Set(slate.items.map(({ item }) => item))
  for (const element of others) element.setAttribute('exclude', [...above].join(' '))
})
for (const name of ['because', 'new', 'recent']) startShelf(byId(name, HTMLElement))

// The lists that are the same for everybody leave out what the first row shows, and wait until it stands: else they would
// show films and take them back a moment later.
for (const element of others) {
  element.addEventListener('foryou:render', (event) => {
    const { items } = (event as CustomEvent<Slate>).detail
    if (!above || items.some(({ item }) => above?.has(item))) event.preventDefault()
  })
}
