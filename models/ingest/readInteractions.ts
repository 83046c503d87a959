import { MAX_ITEM_ID_LENGTH } from '../../shared/domain/interaction.ts'
import { ColumnBuilder, type InteractionColumns } from '../interactionColumns.ts'
import { type ColumnMapping, type ColumnRoles, recogniseColumns } from './columnMapping.ts'
import { assertMedian, isPossible, medianOf, parseIsoMoment, parseNumber, unitOf } from './moments.ts'
import type { BadReason, RejectLog } from './rejectLog.ts'
import { type Table, withTable } from './table.ts'

/** Rows of an interactions file as columns, and what the file turned out to hold. */
export interface ReadInteractions {
  readonly interactions: InteractionColumns
  readonly roles: ColumnRoles
  /** All records of the file, rejected ones included. */
  readonly rows: number
  /** Values from here on count as a success; `undefined` where every row does. */
  readonly positiveFrom: number | undefined
}

/** A rating counts as a success from this share of the best rating on: 6 of 10, 3 of 5. */
const POSITIVE_SHARE = 0.6

/**
 * Reads a table of interactions. Rows that cannot be used go to `rejects`, with their line; good rows still count.
 * @param options.now ms since 1970: nothing can have happened later
 * @throws ForYouError `bad_data` where columns cannot be told, or times are in no known unit
 */
export function readInteractions(
  path: string,
  rejects: RejectLog,
  options: { mapping?: ColumnMapping | undefined; positiveFrom?: number | undefined; now: number },
): Promise<ReadInteractions> {
  return withTable(path, rejects, async (table) => {
    const roles = recogniseColumns(table.file, table.columns, options.mapping)
    const raw = await readRows(table, roles, rejects)
    const at =
      roles.time === undefined ? undefined : settleTimes(table, roles.time, raw, rejects, options.now)
    const positiveFrom =
      roles.measure === 'rating'
        ? (options.mapping?.positiveFrom ?? options.positiveFrom ?? POSITIVE_SHARE * greatest(raw.value))
        : options.mapping?.positiveFrom
    const ids = raw.ids.columns()
    const kept = keptRows(raw, at, roles, rejects)
    return {
      interactions: {
        users: ids.users,
        items: ids.items,
        user: kept.map((row) => raw.user[row]!),
        item: kept.map((row) => raw.item[row]!),
        at: Float64Array.from(kept, (row) => at?.[row] ?? 0),
        value: Float32Array.from(kept, (row) => raw.value[row]!),
        positive: Uint8Array.from(kept, (row) =>
          positiveFrom === undefined || raw.value[row]! >= positiveFrom ? 1 : 0,
        ),
      },
      roles,
      rows: table.rows,
      positiveFrom,
    }
  })
}

interface RawRows {
  /** Only its codes are used; rows stay in the arrays below until their times are settled. */
  readonly ids: ColumnBuilder
  readonly user: Int32Array
  readonly item: Int32Array
  readonly value: Float64Array
  /** A number in the file's unit, or ms where `isIso`. */
  readonly time: Float64Array
  readonly isIso: Uint8Array
  readonly record: Int32Array
  length: number
}

async function readRows(table: Table, roles: ColumnRoles, rejects: RejectLog): Promise<RawRows> {
  const n = table.sound
  const ids = new ColumnBuilder(16)
  const raw: RawRows = {
    ids,
    user: new Int32Array(n),
    item: new Int32Array(n),
    value: new Float64Array(n).fill(Number.NaN),
    time: new Float64Array(n),
    isIso: new Uint8Array(n),
    record: new Int32Array(n),
    length: 0,
  }
  const userCodes = new IdCodes((id) => ids.userCode(id), 'no user')
  const itemCodes = new IdCodes((id) => ids.itemCode(id), 'no item')
  const optional = [roles.value, roles.time].filter((column) => column !== undefined)
  await table.read([roles.user, roles.item, ...optional], (chunk, first) => {
    const users = chunk[0]!
    const items = chunk[1]!
    const values = roles.value === undefined ? undefined : chunk[2]!
    const times = roles.time === undefined ? undefined : chunk[chunk.length - 1]!
    for (let i = 0; i < users.length; i++) {
      const user = userCodes.of(users[i]!)
      const item = itemCodes.of(items[i]!)
      const value = values ? parseNumber(values[i] ?? '') : Number.NaN
      const number = times ? parseNumber(times[i] ?? '') : 0
      const time = Number.isNaN(number) ? parseIsoMoment(times![i] ?? '') : number
      const fault = faultOf(user, item, values && value, time)
      if (fault) {
        const cell = [users[i], items[i], values?.[i], times?.[i]][fault.cell]
        rejects.reject(fault.reason, table.line(first + i), cell ?? '')
        continue
      }
      const row = raw.length++
      raw.user[row] = user as number
      raw.item[row] = item as number
      raw.value[row] = value
      raw.time[row] = time
      raw.isIso[row] = Number.isNaN(number) ? 1 : 0
      raw.record[row] = first + i
    }
  })
  return raw
}

function faultOf(
  user: number | BadReason,
  item: number | BadReason,
  value: number | undefined,
  time: number,
): { reason: BadReason; cell: number } | undefined {
  if (typeof user === 'string') return { reason: user, cell: 0 }
  if (typeof item === 'string') return { reason: item, cell: 1 }
  if (Number.isNaN(value)) return { reason: 'rating is not a number', cell: 2 }
  if (Number.isNaN(time)) return { reason: 'time is not readable', cell: 3 }
  return undefined
}

/** Raw id → code of its canonical form, or why it is no id. Each distinct text is looked at once. */
class IdCodes {
  readonly #known = new Map<string | null, number | BadReason>()
  readonly #code: (id: string) => number
  readonly #missing: BadReason

  constructor(code: (id: string) => number, missing: BadReason) {
    this.#code = code
    this.#missing = missing
  }

  of(raw: string | null): number | BadReason {
    const known = this.#known.get(raw)
    if (known !== undefined) return known
    const result = this.#resolve(raw)
    this.#known.set(raw, result)
    return result
  }

  #resolve(raw: string | null): number | BadReason {
    const id = canonicalId(raw ?? '')
    return id.ok ? this.#code(id.id) : id.reason === 'empty' ? this.#missing : id.reason
  }
}

/** An id as every part of the product compares it: trimmed, Unicode NFC, 1–256 characters, no NUL. */
export function canonicalId(
  raw: string,
): { ok: true; id: string } | { ok: false; reason: 'empty' | 'id too long' | 'NUL character' | 'not UTF-8' } {
  const id = raw.trim().normalize('NFC')
  if (id === '') return { ok: false, reason: 'empty' }
  if (id.length > MAX_ITEM_ID_LENGTH) return { ok: false, reason: 'id too long' }
  if (id.includes('\0')) return { ok: false, reason: 'NUL character' }
  return id.isWellFormed() ? { ok: true, id } : { ok: false, reason: 'not UTF-8' }
}

/** All times in ms; NaN where a row had to be rejected. */
function settleTimes(
  table: Table,
  column: number,
  raw: RawRows,
  rejects: RejectLog,
  now: number,
): Float64Array {
  const numbers = raw.time.subarray(0, raw.length).filter((_, row) => raw.isIso[row] === 0)
  const factor = unitOf(medianOf(numbers))
  const at = Float64Array.from({ length: raw.length }, (_, row) =>
    raw.isIso[row] === 1 ? raw.time[row]! : Math.floor(raw.time[row]! * factor),
  )
  if (raw.length > 0) assertMedian(table.file, table.columns[column]!, medianOf(at), now)
  for (let row = 0; row < at.length; row++) {
    if (isPossible(at[row]!, now)) continue
    rejects.reject('time out of range', table.line(raw.record[row]!), String(raw.time[row]))
    at[row] = Number.NaN
  }
  return at
}

function keptRows(
  raw: RawRows,
  at: Float64Array | undefined,
  roles: ColumnRoles,
  rejects: RejectLog,
): Int32Array {
  const kept = new Int32Array(raw.length)
  let end = 0
  let returned = 0
  for (let row = 0; row < raw.length; row++) {
    if (at && Number.isNaN(at[row]!)) continue
    if (roles.measure === 'quantity' && raw.value[row]! < 1) returned++
    else kept[end++] = row
  }
  rejects.skip('quantity below one', returned)
  return kept.subarray(0, end)
}

function greatest(values: Float64Array): number {
  let best = 0
  for (const value of values) if (value > best) best = value
  return best
}
