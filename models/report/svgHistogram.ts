import type { Html } from './html.ts'
import { FONT, label, line, rect, svg, textWidth } from './svgFrame.ts'
import { linearTicks, scaleOf } from './ticks.ts'

export interface Bin {
  /** What falls into it, e.g. `2–4`. */
  readonly label: string
  readonly value: number
}

export interface HistogramOptions {
  readonly id: string
  readonly title: string
  readonly description: string
  /** What is counted. */
  readonly axis: string
  /** What the bins are of, below them. */
  readonly binAxis: string
  readonly format: (value: number, digits: number) => string
}

const HEIGHT = 220

/** Bars without gaps between named bins. Labels that would touch are left out. */
export function svgHistogram(bins: readonly Bin[], options: HistogramOptions, width: number): Html {
  const [top, bottom, left, right] = [28, HEIGHT - 46, 54, width - 6]
  const finite = bins.map(({ value }) => value).filter(Number.isFinite)
  const high = Math.max(1e-9, ...finite) * 1.04
  const y = scaleOf([0, high], [bottom, top])
  const ticks = linearTicks(0, high, 4)
  const band = (right - left) / Math.max(1, bins.length)
  let end = Number.NEGATIVE_INFINITY
  return svg({ ...options, width, height: HEIGHT }, [
    label(0, 12, options.axis, { className: 'axis', fit: width }),
    ticks.values.map((value) => [
      line(left, y(value), right, y(value), 'grid'),
      label(left - 8, y(value) + FONT / 3, options.format(value, ticks.digits), {
        anchor: 'end',
        className: 'tick',
      }),
    ]),
    bins.map((bin, b) => {
      const x = left + b * band
      const half = textWidth(bin.label) / 2
      const free = x + band / 2 - half > end + 6
      if (free) end = x + band / 2 + half
      const value = Number.isFinite(bin.value) ? Math.max(0, bin.value) : 0
      return [
        rect(x + 0.5, y(value), band - 1, bottom - y(value), 'bar s1'),
        free && label(x + band / 2, bottom + 17, bin.label, { anchor: 'middle', className: 'tick' }),
      ]
    }),
    line(left, bottom, right, bottom, 'base'),
    label((left + right) / 2, HEIGHT - 8, options.binAxis, {
      anchor: 'middle',
      className: 'axis',
      fit: width,
    }),
  ])
}
