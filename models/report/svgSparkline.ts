import type { Html } from './html.ts'
import { polyline, svg } from './svgFrame.ts'
import { scaleOf } from './ticks.ts'

/** A line the size of a word. @param values as they follow each other; what is not finite is left out */
export function svgSparkline(
  values: readonly number[],
  options: { readonly id: string; readonly title: string; readonly description: string },
): Html {
  const [width, height] = [96, 26]
  const finite = values.flatMap((value, v) => (Number.isFinite(value) ? [[v, value] as const] : []))
  const x = scaleOf([0, Math.max(1, values.length - 1)], [2, width - 2])
  const y = scaleOf(
    [Math.min(...finite.map(([, value]) => value)), Math.max(...finite.map(([, value]) => value))],
    [height - 3, 3],
  )
  return svg(
    { ...options, width, height, className: 'spark' },
    polyline(
      finite.map(([v, value]) => [x(v), y(value)] as const),
      'l0',
    ),
  )
}
