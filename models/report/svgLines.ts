import type { Html } from './html.ts'
import { html } from './html.ts'
import { dayText } from './numberText.ts'
import { keyOf } from './svgBars.ts'
import { FONT, label, line, polyline, rect, round, svg, textWidth } from './svgFrame.ts'
import { linearTicks, scaleOf } from './ticks.ts'

export interface LineSeries {
  readonly name: string
  /** One value a day, `null` where there is none. */
  readonly values: readonly (number | null)[]
}

export interface LineOptions {
  readonly id: string
  readonly title: string
  readonly description: string
  readonly axis: string
  readonly format: (value: number, digits: number) => string
  /** Fills below the first series: for amounts, which start at 0. */
  readonly area?: boolean
}

const HEIGHT = 260

/** Series over days. Gaps stay gaps. @param days ms since 1970 UTC, ascending */
export function svgLines(
  days: readonly number[],
  series: readonly LineSeries[],
  options: LineOptions,
  width: number,
): Html {
  const key =
    series.length > 1
      ? keyOf(
          series.map(({ name }) => name),
          width,
        )
      : { rows: 0, marks: [] }
  const height = HEIGHT + 18 * key.rows
  const [top, bottom, left, right] = [30 + 18 * key.rows, height - 30, 54, width - 12]
  const values = series.flatMap((s) => s.values).filter((v): v is number => v !== null && Number.isFinite(v))
  const high = Math.max(1e-9, ...values)
  const x = scaleOf([days[0] ?? 0, days.at(-1) ?? 1], [left, right])
  const y = scaleOf([Math.min(0, ...values), high * 1.05], [bottom, top])
  const ticks = linearTicks(Math.min(0, ...values), high * 1.05, 4)
  const drawn = series.flatMap((s, n) => {
    const runs = unbroken(s.values.map((value, d) => [x(days[d] ?? 0), value === null ? null : y(value)]))
    return runs.flatMap((run) => [
      options.area && n === 0 ? areaOf(run, y(0)) : null,
      run.length > 1
        ? polyline(run, `l${n % 4}`)
        : rect(run[0]![0] - 2, run[0]![1] - 2, 4, 4, `s${n % 4}`, 2),
    ])
  })
  return svg({ ...options, width, height }, [
    label(0, 12, options.axis, { className: 'axis', fit: width }),
    key.marks,
    ticks.values.map((value) => [
      line(left, y(value), right, y(value), 'grid'),
      label(left - 8, y(value) + FONT / 3, options.format(value, ticks.digits), {
        anchor: 'end',
        className: 'tick',
      }),
    ]),
    drawn,
    line(left, y(0), right, y(0), 'base'),
    dayTicks(days, x, bottom),
  ])
}

/** First and last day, and what fits between. */
function dayTicks(days: readonly number[], x: (at: number) => number, bottom: number): Html[] {
  if (days.length === 0) return []
  const room = textWidth('2026-01-01') + 14
  const [first, last] = [days[0]!, days.at(-1)!]
  const steps = Math.max(1, Math.floor((x(last) - x(first)) / (room * 1.3)))
  const at =
    days.length === 1
      ? [first]
      : Array.from({ length: steps + 1 }, (_, s) => days[Math.round((s * (days.length - 1)) / steps)]!)
  return [...new Set(at)].map((day, d, all) =>
    label(x(day), bottom + 18, dayText(day), {
      anchor: all.length === 1 ? 'middle' : d === 0 ? 'start' : d === all.length - 1 ? 'end' : 'middle',
      className: 'tick',
    }),
  )
}

/** Runs of points without a gap. */
function unbroken(points: readonly (readonly [number, number | null])[]): [number, number][][] {
  const runs: [number, number][][] = []
  let open: [number, number][] = []
  for (const [x, y] of points) {
    if (y !== null && Number.isFinite(y)) open.push([x, y])
    else if (open.length > 0) {
      runs.push(open)
      open = []
    }
  }
  return open.length > 0 ? [...runs, open] : runs
}

function areaOf(run: readonly (readonly [number, number])[], zero: number): Html {
  const points = [[run[0]![0], zero], ...run, [run.at(-1)![0], zero]] as const
  return html`<polygon points="${points.map(([x, y]) => `${round(x!)},${round(y!)}`).join(' ')}" class="area" />`
}
