import type { Html } from './html.ts'
import { FONT, label, line, rect, svg, textWidth } from './svgFrame.ts'
import { linearTicks, scaleOf } from './ticks.ts'

export interface BarGroup {
  readonly label: string
  /** A second line below the label, e.g. how many queries. */
  readonly note?: string
  /** One value a series, `null` where there is none. */
  readonly values: readonly (number | null)[]
  /** Ends of an interval a series, where one is known. */
  readonly intervals?: readonly (readonly [low: number, high: number] | null)[]
}

export interface BarOptions {
  readonly id: string
  readonly title: string
  readonly description: string
  /** Names of the series, for the key. */
  readonly series: readonly string[]
  readonly axis: string
  readonly format: (value: number, digits: number) => string
}

const HEIGHT = 300

/** Bars in groups from a common zero, with a whisker where an interval is known. */
export function svgBars(groups: readonly BarGroup[], options: BarOptions, width: number): Html {
  const keyRows = keyOf(options.series, width)
  const top = 34 + 18 * keyRows.rows
  const height = HEIGHT + 18 * keyRows.rows
  const [bottom, left, right] = [height - 42, 48, width - 6]
  const values = groups.flatMap(({ values, intervals }) => [...values, ...(intervals ?? []).flat()])
  const finite = values.filter((value): value is number => value !== null && Number.isFinite(value))
  const low = Math.min(0, ...finite)
  const high = Math.max(low + 1e-9, 0, ...finite) + 0.04 * (Math.max(0, ...finite) - low)
  const y = scaleOf([low, high], [bottom, top])
  const ticks = linearTicks(low, high, 5)
  const band = (right - left) / Math.max(1, groups.length)
  return svg({ ...options, width, height }, [
    label(0, 12, options.axis, { className: 'axis', fit: width }),
    keyRows.marks,
    ticks.values.map((value) => [
      line(left, y(value), right, y(value), 'grid'),
      label(left - 8, y(value) + FONT / 3, options.format(value, ticks.digits), {
        anchor: 'end',
        className: 'tick',
      }),
    ]),
    groups.map((group, g) => drawGroup(group, left + g * band, band, y, bottom)),
    line(left, y(0), right, y(0), 'base'),
  ])
}

function drawGroup(
  group: BarGroup,
  from: number,
  band: number,
  y: (value: number) => number,
  bottom: number,
): Html[] {
  const bar = Math.min(34, (band * 0.76) / Math.max(1, group.values.length))
  const start = from + (band - bar * group.values.length) / 2
  const bars = group.values.flatMap((value, s) => {
    if (value === null || !Number.isFinite(value)) return []
    const x = start + s * bar
    const marks = [
      rect(x + 1, Math.min(y(0), y(value)), bar - 2, Math.abs(y(value) - y(0)), `bar s${s % 4}`, 1.5),
    ]
    const interval = group.intervals?.[s]
    if (interval) marks.push(line(x + bar / 2, y(interval[0]), x + bar / 2, y(interval[1]), 'whisker'))
    return marks
  })
  const middle = from + band / 2
  return [
    ...bars,
    label(middle, bottom + 17, group.label, { anchor: 'middle', className: 'label', fit: band - 2 }),
    label(middle, bottom + 33, group.note ?? '', { anchor: 'middle', className: 'tick', fit: band - 2 }),
  ]
}

/** Names of the series with their colours, wrapped to the width. */
export function keyOf(series: readonly string[], width: number): { rows: number; marks: Html[] } {
  let [x, row] = [0, 0]
  const marks = series.flatMap((name, s) => {
    const size = Math.min(width, textWidth(name) + 38)
    if (x > 0 && x + size > width) [x, row] = [0, row + 1]
    const y = 22 + row * 18
    const drawn = [
      rect(x, y, 10, 10, `bar s${s % 4}`, 2),
      label(x + 16, y + 9, name, { className: 'label', fit: width - x - 18 }),
    ]
    x += size
    return drawn
  })
  return { rows: series.length === 0 ? 0 : row + 1, marks }
}
