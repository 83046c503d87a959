import { isUtf8 } from 'node:buffer'
import { basename } from 'node:path'
import type { CatalogueItem } from '../../shared/domain/catalogue.ts'
import { assertNotEmpty, type Dataset, makeDataset, type OrderOf } from '../dataset.ts'
import { ColumnBuilder } from '../interactionColumns.ts'
import { canonicalId } from './idCodes.ts'
import { readBytes } from './readBytes.ts'
import { RejectLog } from './rejectLog.ts'

export interface ListOptions {
  readonly name?: string
  readonly allowBad?: boolean
  /** Share of lines that may be bad, 1 % where it is left out. */
  readonly maxBadShare?: number
  /** Items that are known from elsewhere. */
  readonly catalogue?: readonly CatalogueItem[]
}

/**
 * `lists`: a line holds a user id and then the ids of that user's items, by spaces or tabs, in no order.
 * @throws ForYouError `not_found`, or `bad_data` where nothing or more than 1 % of the lines cannot be used
 */
export function readLists(path: string, options: ListOptions = {}): Promise<Dataset> {
  return readLines(path, 'none', options)
}

/** `sequences`: as `lists`, but a line's items are in the order they were taken, oldest first. Times are steps 0, 1, 2 … */
export function readSequences(path: string, options: ListOptions = {}): Promise<Dataset> {
  return readLines(path, 'sequence', options)
}

async function readLines(path: string, order: OrderOf, options: ListOptions): Promise<Dataset> {
  const bytes = await readBytes(path)
  const file = basename(path)
  const rejects = new RejectLog(options.maxBadShare)
  const { catalogue = [] } = options
  const { builder, lines, rows } = parseLines(bytes, order, rejects)
  rejects.assertGoodEnough(file, lines, options.allowBad ?? false)
  const draft = makeDataset({
    name: options.name ?? file,
    order,
    catalogue,
    interactions: builder.columns(),
    ingest: rejects.report([path], rows, builder.length, []),
  })
  assertNotEmpty(draft)
  rejects.skip('repeated', builder.length - draft.items.length)
  // A line that is bad as a whole counts as one row: how many items it meant cannot be known.
  return {
    ...draft,
    ingest: rejects.report([path], rows + rejects.bad, draft.items.length, notesFor(order, catalogue)),
  }
}

function notesFor(order: OrderOf, catalogue: readonly CatalogueItem[]): string[] {
  return [
    order === 'sequence'
      ? 'Order but no times: no trending and no test on later days; a time for each interaction would bring both.'
      : 'Neither times nor order: no trending, no decay and no test on later days; a time for each interaction would bring them.',
    ...(catalogue.length === 0
      ? [
          'No item data: titles are ids, and no item is similar by content; an items file with titles and genres would bring both.',
        ]
      : []),
  ]
}

function parseLines(bytes: Buffer, order: OrderOf, rejects: RejectLog) {
  const builder = new ColumnBuilder(bytes.length >> 2)
  const sound = isUtf8(bytes) && !bytes.includes(0)
  const steps = new Map<number, number>()
  let line = 0
  let lines = 0
  let rows = 0
  for (let at = 0; at < bytes.length; ) {
    const newline = bytes.indexOf(0x0a, at)
    const end = newline < 0 ? bytes.length : newline
    const raw = bytes.subarray(at, end)
    at = end + 1
    line++
    const fault = sound
      ? undefined
      : raw.includes(0)
        ? 'NUL character'
        : isUtf8(raw)
          ? undefined
          : 'not UTF-8'
    if (fault) {
      lines++
      rejects.reject(fault, line, raw.toString('utf8', 0, 200))
      continue
    }
    const ids = raw.toString('utf8').split(/[ \t\r\uFEFF]+/)
    const from = ids[0] === '' ? 1 : 0
    const to = ids.at(-1) === '' ? ids.length - 1 : ids.length
    if (to <= from) continue
    lines++
    const tooLong = ids.find((id) => id.length > 256)
    if (tooLong !== undefined) {
      rejects.reject('id too long', line, tooLong)
      continue
    }
    // A user whose list is empty says nothing, but is no fault either.
    if (to - from < 2) continue
    const user = builder.userCode(canonical(ids[from]!))
    let step = steps.get(user) ?? 0
    for (let i = from + 1; i < to; i++) {
      builder.add(
        user,
        builder.itemCode(canonical(ids[i]!)),
        order === 'sequence' ? step++ : 0,
        Number.NaN,
        true,
      )
      rows++
    }
    if (order === 'sequence') steps.set(user, step)
  }
  return { builder, lines, rows }
}

const PLAIN = /^[\w.:-]+$/

/** NFC, without the cost for the ids that are plain ASCII. */
function canonical(id: string): string {
  if (PLAIN.test(id)) return id
  const canonicalised = canonicalId(id)
  return canonicalised.ok ? canonicalised.id : id
}
