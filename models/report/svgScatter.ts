import { type Html, html } from './html.ts'
import { type Box, placeLabels } from './placeLabels.ts'
import { FONT, fitted, label, line, polyline, round, svg, textWidth } from './svgFrame.ts'
import { linearTicks, logTicks, scaleOf } from './ticks.ts'

export interface ScatterPoint {
  readonly label: string
  /** What it costs; above 0 on the log axis. */
  readonly x: number
  /** What it is worth: more is better. */
  readonly y: number
  readonly tone?: 'chosen' | 'open' | 'hollow'
}

export interface ScatterOptions {
  readonly id: string
  readonly title: string
  readonly description: string
  readonly xAxis: string
  readonly yAxis: string
  readonly xFormat: (value: number) => string
}

const HEIGHT = 380

/** Points of cost (log axis) against worth, with the frontier of those that nothing cheaper reaches. */
export function svgScatter(given: readonly ScatterPoint[], options: ScatterOptions, width: number): Html {
  const points = given.filter(({ x, y }) => x > 0 && Number.isFinite(x) && Number.isFinite(y))
  const [top, bottom, left, right] = [34, HEIGHT - 44, 52, width - 12]
  const [xLow, xHigh] = spread(
    points.map(({ x }) => Math.log10(x)),
    0.12,
    0.5,
  )
  const [yLow, yHigh] = spread(
    points.map(({ y }) => y),
    0.1,
    0.001,
  )
  const toX = scaleOf([xLow, xHigh], [left, right])
  const x = (value: number) => toX(Math.log10(value))
  const y = scaleOf([Math.max(0, yLow), yHigh], [bottom, top])
  const steps = staircase(frontier(points).map((p) => [x(p.x), y(p.y)] as const))
  const yTicks = linearTicks(Math.max(0, yLow), yHigh, 5)
  return svg({ ...options, width, height: HEIGHT }, [
    yTicks.values.map((value) => [
      line(left, y(value), right, y(value), 'grid'),
      label(left - 8, y(value) + FONT / 3, value.toFixed(yTicks.digits), {
        anchor: 'end',
        className: 'tick',
      }),
    ]),
    spaced(logTicks(10 ** xLow, 10 ** xHigh), x, options.xFormat).map((value) => [
      line(x(value), bottom, x(value), bottom + 5, 'base'),
      label(x(value), bottom + 18, options.xFormat(value), { anchor: 'middle', className: 'tick' }),
    ]),
    line(left, bottom, right, bottom, 'base'),
    label(0, 12, options.yAxis, { className: 'axis' }),
    label((left + right) / 2, HEIGHT - 6, options.xAxis, {
      anchor: 'middle',
      className: 'axis',
      fit: width - 16,
    }),
    polyline(steps, 'frontier'),
    marks(points, x, y, { left, right, top, bottom }, boxesOf(steps)),
  ])
}

/** Points that no other reaches at the same cost or less, cheapest first. */
export function frontier<P extends { readonly x: number; readonly y: number }>(points: readonly P[]): P[] {
  let best = Number.NEGATIVE_INFINITY
  return [...points]
    .sort((a, b) => a.x - b.x || b.y - a.y)
    .filter(({ y }) => {
      if (y <= best) return false
      best = y
      return true
    })
}

/** What is reached with a budget stays the same until the next point is affordable. */
function staircase(points: readonly (readonly [number, number])[]): (readonly [number, number])[] {
  return points.flatMap(([x, y], p) =>
    p === 0 ? [[x, y] as const] : [[x, points[p - 1]![1]] as const, [x, y] as const],
  )
}

/** The stretches of a staircase as boxes that labels keep clear of. */
function boxesOf(steps: readonly (readonly [number, number])[]): Box[] {
  return steps.slice(1).map(([x, y], s) => {
    const [fromX, fromY] = steps[s]!
    return {
      x: Math.min(x, fromX) - 2,
      y: Math.min(y, fromY) - 2,
      width: Math.abs(x - fromX) + 4,
      height: Math.abs(y - fromY) + 4,
    }
  })
}

function marks(
  points: readonly ScatterPoint[],
  x: (value: number) => number,
  y: (value: number) => number,
  area: Readonly<{ left: number; right: number; top: number; bottom: number }>,
  lines: readonly Box[],
): Html[] {
  const names = points.map((point) => fitted(point.label, Math.min(180, (area.right - area.left) / 2)))
  const dots: Box[] = points.map((p) => ({ x: x(p.x) - 6, y: y(p.y) - 6, width: 12, height: 12 }))
  const places = placeLabels(
    dots,
    names.map((name) => ({ width: textWidth(name) + 4, height: FONT + 3 })),
    area,
    lines,
  )
  return points.map((point, p) => {
    const [cx, cy] = [x(point.x), y(point.y)]
    const box = places[p]!
    const far = Math.hypot(box.x + box.width / 2 - cx, box.y + box.height / 2 - cy) > box.width / 2 + 22
    return html`<g>${[
      far &&
        line(
          cx,
          cy,
          Math.max(box.x, Math.min(cx, box.x + box.width)),
          cy < box.y ? box.y : box.y + box.height,
          'lead-line',
        ),
      html`<circle cx="${round(cx)}" cy="${round(cy)}" r="6" class="dot ${point.tone ?? 'open'}" />`,
      label(box.x + 2, box.y + FONT, names[p]!, {
        className: point.tone === 'chosen' ? 'label strong halo' : 'label halo',
      }),
    ]}</g>`
  })
}

function spread(values: readonly number[], air: number, least: number): [number, number] {
  const low = Math.min(...(values.length > 0 ? values : [0]))
  const high = Math.max(...(values.length > 0 ? values : [1]))
  const more = Math.max((high - low) * air, least)
  return [low - more, high + more]
}

/** Ticks whose labels leave room for each other. */
function spaced(
  values: readonly number[],
  x: (value: number) => number,
  format: (value: number) => string,
): number[] {
  let end = Number.NEGATIVE_INFINITY
  return values.filter((value) => {
    const half = textWidth(format(value)) / 2
    if (x(value) - half < end + 8) return false
    end = x(value) + half
    return true
  })
}
