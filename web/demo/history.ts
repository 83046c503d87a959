import './styles/site.css'
import './styles/history.css'
import { byId } from './site/byId.ts'
import { exportHistory } from './site/exportHistory.ts'
import { foryou, setPersonal } from './site/foryou.ts'
import { type HistoryEntry, historyRow } from './site/historyRow.ts'
import { startSite } from './site/startSite.ts'

startSite()

const list = byId('entries', HTMLUListElement)
const said = byId('said', HTMLElement)
const dialog = byId('confirm', HTMLDialogElement)
const allow = byId('allow', HTMLInputElement)

// What the visitor has said is known before the list is.
allow.checked = foryou.consent.get().personalise
allow.disabled = false

/** One entry for each film, the latest first; what happened to it more than once is counted. */
async function entries(): Promise<HistoryEntry[]> {
  const history = await foryou.history.list()
  const byItem = new Map<string, HistoryEntry>()
  for (const { item, kind, at } of history.toReversed()) {
    const entry = byItem.get(item)
    if (entry) entry.times++
    else byItem.set(item, { item, kind, at, times: 1, details: null })
  }
  const found = await foryou.items([...byItem.keys()])
  return [...byItem.values()].map((entry, i) => ({ ...entry, details: found[i] ?? null }))
}

async function show(): Promise<void> {
  const all = await entries()
  const personal = foryou.consent.get().personalise
  const { storage } = await foryou.status()
  list.replaceChildren(...all.map((entry) => historyRow(entry, remove)))
  document.body.dataset.state = all.length > 0 ? 'filled' : personal ? 'empty' : 'off'
  byId('count', HTMLElement).textContent =
    all.length === 0 ? '' : all.length === 1 ? '1 film' : `${all.length} films`
  byId('where', HTMLElement).textContent =
    storage === 'indexeddb' || !personal
      ? 'The list lives in this browser’s own database (IndexedDB, named “foryou”) on this device. There is no other copy.'
      : 'This browser gives no storage, so the list lives in this page’s memory and is gone when you close it.'
  allow.checked = personal
  for (const button of [byId('export', HTMLButtonElement), byId('clear', HTMLButtonElement)])
    button.disabled = all.length === 0
}

async function remove(item: string, title: string): Promise<void> {
  const position = [...list.children].findIndex(
    (row) => row instanceof HTMLElement && row.dataset.item === item,
  )
  await foryou.history.remove(item)
  await show()
  said.textContent = `Removed: ${title}.`
  const next = list.children[Math.min(position, list.children.length - 1)]
  const target = next?.querySelector('button') ?? byId('heading', HTMLElement)
  target.focus()
}

byId('export', HTMLButtonElement).addEventListener('click', async () => {
  await exportHistory(foryou)
  said.textContent = 'The file is in your downloads.'
})
byId('clear', HTMLButtonElement).addEventListener('click', () => dialog.showModal())
dialog.addEventListener('close', async () => {
  if (dialog.returnValue !== 'remove') return
  dialog.returnValue = ''
  await foryou.history.clear()
  await show()
  said.textContent = 'Everything is removed.'
  byId('heading', HTMLElement).focus()
})
allow.addEventListener('change', async () => {
  await setPersonal(allow.checked)
  await show()
  said.textContent = allow.checked
    ? 'Personal recommendations are on.'
    : 'Personal recommendations are off; what was stored is deleted.'
})
for (const event of ['change', 'bundle', 'consent'] as const) foryou.on(event, () => void show())
await show()
