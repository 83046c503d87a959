import { MAX_OVERLAY_BYTES } from '../../shared/bundle/limits.ts'
import type { OverlayItem } from '../../shared/bundle/overlay.ts'
import type { EdgeClient } from '../publish/edgeClient.ts'
import type { LiveItems } from '../publish/liveItems.ts'
import type { Said } from '../publish/overlayChanges.ts'
import type { PutItems } from '../publish/putItems.ts'
import { whenSeen } from './changeLive.ts'

/** More lines than these nobody reads after each change. */
const SHOWN = 20

/** What a change has come to. */
export function doneLines({ live, said, bytes, seq, changed }: PutItems, client: EdgeClient): string[] {
  const lines = itemLines(said, live)
  const more = lines.length - SHOWN
  return [
    ...(more > 1 ? [...lines.slice(0, SHOWN), `  … and ${more} more: foryou items list`] : lines),
    sizeLine(said, live, bytes),
    changed
      ? `Live on ${whenSeen(client, seq)}`
      : `Nothing had to be changed on ${client.endpoint}, head ${seq}.`,
  ]
}

/** What is said of single items at the moment. */
export function saidLines(said: Said, live: LiveItems, { endpoint }: EdgeClient): string[] {
  const where = `${endpoint}, head ${live.head.seq}`
  if (said.withdrawn.length + said.items.length === 0)
    return [`No item is withdrawn, added or changed on ${where}.`]
  const since = new Date(live.overlay!.issued).toISOString().slice(0, 16).replace('T', ' ')
  return [
    `Since the bundle was made, on ${where} (${since} UTC):`,
    ...itemLines(said, live),
    sizeLine(said, live, live.overlayBytes),
  ]
}

function itemLines({ withdrawn, items }: Said, { bundle }: LiveItems): string[] {
  const width = Math.min(
    28,
    Math.max(0, ...[...withdrawn, ...items.map(({ id }) => id)].map((id) => id.length)),
  )
  const ownTitle = (id: string) => {
    const number = bundle.numberOf.get(id)
    const title = number === undefined ? undefined : bundle.detailsOf(number)?.title
    return title ?? items.find((item) => item.id === id)?.details.title ?? '(in no live catalogue)'
  }
  const line = (what: string, id: string, text: string) =>
    printable(`  ${what.padEnd(9)}  ${id.padEnd(width)}  ${text}`).trimEnd()
  return [
    ...withdrawn.map((id) => line('withdrawn', id, ownTitle(id))),
    ...items.map((item) =>
      bundle.numberOf.has(item.id)
        ? line('changed', item.id, `${ownTitle(item.id)}: ${changesOf(item)}`)
        : line('added', item.id, [ownTitle(item.id), termsOf(item)].filter((text) => text !== '').join(', ')),
    ),
  ]
}

function changesOf({ details }: OverlayItem): string {
  return Object.entries(details)
    .map(([name, value]) => `${name} ${typeof value === 'object' ? JSON.stringify(value) : value}`)
    .join(', ')
}

const termsOf = ({ terms = [] }: OverlayItem) =>
  terms.length === 0
    ? 'no content that the bundle knows'
    : `${terms.length} ${terms.length === 1 ? 'term' : 'terms'}`

function sizeLine({ withdrawn, items }: Said, { bundle }: LiveItems, bytes: number): string {
  const changed = items.filter(({ id }) => bundle.numberOf.has(id)).length
  const count = `${withdrawn.length} withdrawn, ${items.length - changed} added, ${changed} changed`
  return `${count}; ${bytes.toLocaleString('en')} of ${MAX_OVERLAY_BYTES.toLocaleString('en')} bytes.`
}

/** One line, no control characters: titles come from a catalogue. */
function printable(text: string): string {
  return text.replace(/\p{C}/gu, ' ')
}
