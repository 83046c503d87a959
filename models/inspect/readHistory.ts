import { existsSync, readFileSync } from 'node:fs'
import { resolve } from 'node:path'
import * as v from 'valibot'
import type { Bundle } from '../../shared/bundle/openBundle.ts'
import { DAY_MS } from '../../shared/domain/clock.ts'
import { ForYouError } from '../../shared/domain/errors.ts'
import { type Interaction, KINDS, type Kind } from '../../shared/domain/interaction.ts'

/** One line of a history before it has a moment. */
interface Entry {
  readonly item: string
  readonly kind: Kind
  readonly at?: number
}

export interface ReadHistory {
  readonly history: readonly Interaction[]
  /** The moment after it, on the bundle's clock. */
  readonly now: number
  /** Entries that no item of the bundle answers to. */
  readonly unknown: readonly string[]
  /** Whether the entries came with moments; without, they are set an hour apart. */
  readonly dated: boolean
}

const HOUR_MS = DAY_MS / 24
const Exported = v.object({
  item: v.string(),
  kind: v.optional(v.picklist(KINDS)),
  at: v.optional(v.number()),
})
const List = v.array(v.union([v.string(), Exported]))

/**
 * A history as somebody gives it on the command line: ids (or titles that only one item has) separated by commas, oldest
 * first; or a file with one a line, `item[,kind[,time]]`, or JSON such as `foryou.history.export()` gives.
 * @throws ForYouError `bad_data` naming the line that cannot be read
 */
export function readHistory(given: string, bundle: Bundle, cwd: string): ReadHistory {
  const path = resolve(cwd, given)
  const entries =
    given !== '' && existsSync(path) ? entriesOf(readFileSync(path, 'utf8'), given) : idsOf(given)
  const { asOf } = bundle.manifest
  const dated = entries.length > 0 && entries.every(({ at }) => at !== undefined)
  const last = Math.max(0, ...entries.map(({ at }) => at ?? 0))
  const now = Math.max(asOf, DAY_MS, last)
  const history = entries.map(({ item, kind, at }, h) => ({
    item: itemNamed(bundle, item) ?? item.normalize('NFC'),
    kind,
    at: dated ? at! : now - (entries.length - h) * HOUR_MS,
  }))
  const unknown = history.filter(({ item }) => !bundle.numberOf.has(item)).map(({ item }) => item)
  return { history: dated ? history.toSorted((a, b) => a.at - b.at) : history, now, unknown, dated }
}

/** The id that is meant: itself, or that of the one item with this title; `null` where there is none, or more. */
export function itemNamed(bundle: Bundle, text: string): string | null {
  const id = text.trim().normalize('NFC')
  if (bundle.numberOf.has(id)) return id
  const wanted = id.toLowerCase()
  const named = bundle.ids.filter((_, number) => bundle.detailsOf(number)?.title?.toLowerCase() === wanted)
  return named.length === 1 ? named[0]! : null
}

function idsOf(list: string): Entry[] {
  const ids = list.split(',').map((id) => id.trim())
  return ids.filter((id) => id !== '').map((item) => ({ item, kind: 'view' }))
}

function entriesOf(text: string, file: string): Entry[] {
  return /^\s*[[{]/.test(text) ? entriesOfJson(text, file) : entriesOfLines(text, file)
}

function entriesOfJson(text: string, file: string): Entry[] {
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch (cause) {
    throw new ForYouError('bad_data', `${file} is not JSON: ${(cause as Error).message}`, { cause })
  }
  const exported = (value as { interactions?: unknown }).interactions
  const parsed = v.safeParse(List, exported ?? value)
  if (!parsed.success) {
    const where = v.getDotPath(parsed.issues[0])
    throw new ForYouError('bad_data', `${file}, entry ${where ?? 0}: ${parsed.issues[0].message}`, {
      hint: 'A list of ids, or what foryou.history.export() gives.',
    })
  }
  return parsed.output.map((entry) =>
    typeof entry === 'string'
      ? { item: entry, kind: 'view' }
      : { item: entry.item, kind: entry.kind ?? 'view', ...(entry.at === undefined ? {} : { at: entry.at }) },
  )
}

function entriesOfLines(text: string, file: string): Entry[] {
  return text.split(/\r?\n/).flatMap((line, l): Entry[] => {
    const [item = '', kind = 'view', time] = line.split(',').map((field) => field.trim())
    if (item === '' || (l === 0 && /^item(_id)?$/i.test(item))) return []
    if (!isKind(kind)) {
      throw new ForYouError('bad_data', `${file}:${l + 1}: there is no kind "${kind}".`, {
        hint: `item[,kind[,time]], a line each; kinds: ${KINDS.join(', ')}`,
      })
    }
    if (time === undefined || time === '') return [{ item, kind }]
    const at = /^\d+$/.test(time) ? Number(time) : Date.parse(time)
    if (Number.isFinite(at)) return [{ item, kind, at }]
    throw new ForYouError('bad_data', `${file}:${l + 1}: "${time}" is no time.`, {
      hint: 'Milliseconds since 1970, or an ISO date.',
    })
  })
}

function isKind(text: string): text is Kind {
  return KINDS.some((kind) => kind === text)
}
