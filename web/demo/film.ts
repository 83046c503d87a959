import './styles/site.css'
import './styles/film.css'
import type { CatalogueItem } from '../index.ts'
import { paletteOf, posterFor } from './poster/posterFor.ts'
import { becauseOfAnother } from './site/becauseOfAnother.ts'
import { byId } from './site/byId.ts'
import { filmOf } from './site/filmOf.ts'
import { foryou } from './site/foryou.ts'
import { startShelf } from './site/startShelf.ts'
import { startSite } from './site/startSite.ts'

/** How long an unknown film may still arrive with the rest of the bundle. */
const PATIENCE_MS = 8000
/** Longer ids name no item anywhere (MAX_ITEM_ID_LENGTH). */
const LONGEST_ID = 256

const id = new URLSearchParams(location.search).get('id')?.normalize('NFC') ?? ''
startSite()
if (id && id.length <= LONGEST_ID) await open(id)
else notFound()

async function open(item: string): Promise<void> {
  const noted = note(item)
  const similar = byId('similar', HTMLElement)
  similar.querySelector('for-you')?.setAttribute('item', item)
  startShelf(similar)
  startShelf(byId('because', HTMLElement)).client = becauseOfAnother(foryou, item)
  const details = await arrival(item)
  if (!details && (await foryou.status()).manifest === null) {
    cannotShow() // no catalogue has come: nobody can say whether there is such a film
    return
  }
  if (!details) {
    // The address named no film of ours, so there is nothing to remember.
    await noted
    await foryou.history.remove(item)
    notFound()
    return
  }
  show(details)
}

/** Opening the page is what counts; who has put the film away before keeps it away. */
async function note(item: string): Promise<void> {
  const hidden = (await foryou.history.list()).some((entry) => entry.item === item && entry.kind === 'hide')
  if (!hidden) await foryou.record({ item, kind: 'view' })
  startButtons(item, hidden)
}

/** Waits for the details of a film, which may come with a later part of the bundle. */
async function arrival(item: string): Promise<CatalogueItem | null> {
  const ask = async () => (await foryou.items([item]))[0] ?? null
  const first = await ask()
  if (first) return first
  return new Promise((resolve) => {
    const end = (film: CatalogueItem | null) => {
      stop()
      clearTimeout(patience)
      resolve(film)
    }
    const stop = foryou.on('bundle', () => void ask().then((film) => film && end(film)))
    const patience = setTimeout(() => end(null), PATIENCE_MS)
  })
}

function show(details: CatalogueItem): void {
  const film = filmOf(details.id, details)
  const palette = paletteOf(film)
  const stage = byId('stage', HTMLElement)
  stage.style.setProperty('--ground', palette.ground)
  stage.style.setProperty('--ink', palette.ink)
  stage.dataset.state = 'ready'
  byId('poster', HTMLElement).replaceChildren(posterFor(film))
  byId('title', HTMLElement).textContent = film.title
  byId('year', HTMLElement).textContent = film.year ? String(film.year) : ''
  byId('genres', HTMLElement).replaceChildren(
    ...film.genres.map((genre) => {
      const entry = document.createElement('li')
      entry.textContent = genre
      return entry
    }),
  )
  document.title = `${film.title} · Lanterna`
}

function startButtons(item: string, isHidden: boolean): void {
  const hide = byId('hide', HTMLButtonElement)
  const said = byId('said', HTMLElement)
  let hidden = isHidden
  const say = () => {
    hide.textContent = hidden ? 'Show it again' : 'Not interested'
    hide.setAttribute('aria-pressed', String(hidden))
    if (!foryou.consent.get().personalise)
      said.textContent = 'Personal picks are off: this visit is not noted.'
    else if (hidden) said.textContent = 'Noted on this device: you will not be shown this film.'
    else said.textContent = 'Noted on this device, and nowhere else: you opened this film.'
  }
  hide.disabled = !foryou.consent.get().personalise
  hide.addEventListener('click', async () => {
    hidden = !hidden
    say()
    if (hidden) return foryou.record({ item, kind: 'hide' })
    await foryou.history.remove(item)
    await foryou.record({ item, kind: 'view' })
  })
  say()
}

/** The visit stays noted; the next bundle that arrives knows the film. */
function cannotShow(): void {
  byId('stage', HTMLElement).dataset.state = 'ready'
  byId('title', HTMLElement).textContent = 'This film cannot be shown just now'
  byId('said', HTMLElement).textContent =
    'Its details have not arrived. Try again when you are back on the network.'
}

function notFound(): void {
  document.title = 'No such film · Lanterna'
  byId('stage', HTMLElement).hidden = true
  byId('rows', HTMLElement).hidden = true
  byId('not-found', HTMLElement).hidden = false
}
