import type { Slate } from '../index.ts'
import './styles/site.css'
import './styles/home.css'
import './styles/reasons.css'
import { byId } from './site/byId.ts'
import { cardWithWhy } from './site/cardWithWhy.ts'
import { showHero } from './site/showHero.ts'
import { startShelf } from './site/startShelf.ts'
import { startSite } from './site/startSite.ts'
import { withoutRepeats } from './site/withoutRepeats.ts'

const NOTES: Partial<Record<Slate['reason'], string>> = {
  personal: 'Ranked on this device, from what you have opened here.',
  popular: 'What everybody watches, for now. Open a film or two and this row becomes yours.',
  'no-consent': 'Personal picks are off, so this is what everybody watches.',
  stale: 'The recommendations are out of date, so this is what everybody watches.',
  'ranker-failed': 'The ranking failed on this device, so this is what everybody watches.',
  'no-bundle': 'The films could not be fetched. They appear as soon as that works.',
  killed: 'Recommendations are switched off at the moment.',
}

startSite()

const note = byId('for-you-note', HTMLElement)
const main = startShelf(byId('for-you', HTMLElement), (slate) => {
  note.textContent = NOTES[slate.reason] ?? ''
  showHero(slate)
})
main.render = cardWithWhy(main)
const others = ['trending', 'popular', 'new'].map((name) => startShelf(byId(name, HTMLElement)))
for (const name of ['because', 'recent']) startShelf(byId(name, HTMLElement))
withoutRepeats([main, ...others])
