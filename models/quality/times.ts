import { DAY_MS } from '../../shared/domain/clock.ts'
import type { Dataset, TimeUnit } from '../dataset.ts'
import type { TimeFacts } from './dataQuality.ts'

const STEPS = [
  ['day', DAY_MS],
  ['hour', 3_600_000],
  ['minute', 60_000],
  ['second', 1000],
] as const

/** Span, unit and resolution of the times; `null` without times. */
export function timesOf({ order, times, ingest }: Dataset): TimeFacts | null {
  if (order !== 'time' || times.length === 0) return null
  let first = Number.POSITIVE_INFINITY
  let last = Number.NEGATIVE_INFINITY
  for (const time of times) {
    if (time < first) first = time
    if (time > last) last = time
  }
  const unit = ingest.understood?.unit ?? null
  const column = ingest.understood?.columns.time
  const step = STEPS.find(([, ms]) => times.every((time) => time % ms === 0))
  return {
    first,
    last,
    days: (last - first) / DAY_MS,
    unit,
    told: told(unit, column),
    resolution: step ? step[0] : 'millisecond',
  }
}

function told(unit: TimeUnit | null, column: string | undefined): string {
  if (unit === null) return 'The times are not read from a table.'
  if (unit.startsWith('ISO')) return `Column "${column}" holds ${unit}; UTC where no zone is given.`
  return `Column "${column}" holds numbers; the size of the middle one says ${unit} since 1970.`
}
