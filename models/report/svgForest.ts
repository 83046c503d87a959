import { type Html, html } from './html.ts'
import { FONT, label, line, rect, round, svg, textWidth } from './svgFrame.ts'
import { linearTicks, scaleOf } from './ticks.ts'

/** One comparison: a mean and its interval. */
export interface ForestRow {
  readonly label: string
  /** `null` where there is nothing to compare. */
  readonly interval: { readonly mean: number; readonly low: number; readonly high: number } | null
  /** What stands at the right, e.g. `+12.3 % [+8.1, +16.9]`. */
  readonly note: string
  /** How it is drawn: what decides, what is open, what lost. */
  readonly tone?: 'good' | 'bad' | 'open'
}

export interface ForestOptions {
  readonly id: string
  readonly title: string
  readonly description: string
  /** Value as text, for the axis. */
  readonly format: (value: number) => string
  /** Below the axis. */
  readonly axis: string
  /** Value of the vertical rule: no difference. */
  readonly zero?: number
}

const ROW = 34
const LABEL_LINE = 16

/** Horizontal intervals around a rule at zero (a forest plot): where an interval crosses the rule, nothing is shown. */
export function svgForest(rows: readonly ForestRow[], options: ForestOptions, width: number): Html {
  const narrow = width < 480
  const zero = options.zero ?? 0
  // On a phone labels stand above their interval, not beside it.
  const left = narrow ? 6 : Math.min(0.3 * width, 16 + Math.max(0, ...rows.map((r) => textWidth(r.label))))
  const right = narrow ? 6 : 16 + Math.max(0, ...rows.map((r) => textWidth(r.note)))
  // Where a name and its note do not fit beside each other, every note stands on a line of its own.
  const stacked = narrow && rows.some((r) => textWidth(r.label) + textWidth(r.note) + 24 > width)
  const rowHeight = narrow ? ROW + 14 + (stacked ? LABEL_LINE : 0) : ROW
  const bottom = 8 + rows.length * rowHeight
  const [low, high] = extent(rows, zero)
  const x = scaleOf([low, high], [left + 8, width - right - 8])
  const about = Math.max(2, Math.floor((width - left - right) / 90))
  const drawn = rows.map((row, r) =>
    drawRow(row, x, 8 + r * rowHeight, { narrow, stacked, width, left, rowHeight }),
  )
  const ticks = linearTicks(low, high, about).values.map((value) => [
    line(x(value), 4, x(value), bottom, 'grid'),
    label(x(value), bottom + 16, options.format(value), { anchor: 'middle', className: 'tick' }),
  ])
  return svg({ ...options, width, height: bottom + 44 }, [
    ticks,
    line(x(zero), 0, x(zero), bottom + 4, 'zero'),
    drawn,
    label((x(low) + x(high)) / 2, bottom + 36, options.axis, {
      anchor: 'middle',
      className: 'axis',
      fit: Math.max(60, width - 8),
    }),
  ])
}

interface Place {
  readonly narrow: boolean
  readonly stacked: boolean
  readonly width: number
  readonly left: number
  readonly rowHeight: number
}

function drawRow(row: ForestRow, x: (value: number) => number, top: number, place: Place): Html {
  const { narrow, stacked, width, left, rowHeight } = place
  const middle = narrow ? top + rowHeight - 14 : top + rowHeight / 2
  const text = narrow ? top + 14 : middle + FONT / 3
  const { interval, tone = 'open' } = row
  const mark = interval && [
    rect(x(interval.low), middle - 4, x(interval.high) - x(interval.low), 8, `band ${tone}`, 4),
    html`<circle cx="${round(x(interval.mean))}" cy="${round(middle)}" r="5.5" class="dot ${tone}" />`,
  ]
  const edge = narrow ? 6 : 0
  const fit = stacked ? width - 2 * edge : narrow ? width - textWidth(row.note) - 24 : left - 12
  return html`<g>${[
    mark,
    label(edge, text, row.label, { className: 'label strong halo', fit }),
    stacked
      ? label(edge, text + LABEL_LINE, row.note, { className: 'label number halo' })
      : label(width - edge, text, row.note, { anchor: 'end', className: 'label number halo' }),
  ]}</g>`
}

/** All intervals and the rule, with a little air. */
function extent(rows: readonly ForestRow[], zero: number): [number, number] {
  const values = rows
    .flatMap(({ interval }) => (interval ? [interval.low, interval.mean, interval.high] : []))
    .filter(Number.isFinite)
  const low = Math.min(zero, ...values)
  const high = Math.max(zero, ...values)
  const air = (high - low || 1) * 0.06
  return [low - air, high + air]
}
