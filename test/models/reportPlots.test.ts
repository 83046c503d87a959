import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { Html } from '../../models/report/html.ts'
import { overlap, placeLabels } from '../../models/report/placeLabels.ts'
import { svgBars } from '../../models/report/svgBars.ts'
import { svgForest } from '../../models/report/svgForest.ts'
import { fitted, textWidth } from '../../models/report/svgFrame.ts'
import { svgHistogram } from '../../models/report/svgHistogram.ts'
import { svgLines } from '../../models/report/svgLines.ts'
import { frontier, svgScatter } from '../../models/report/svgScatter.ts'
import { linearTicks, logTicks } from '../../models/report/ticks.ts'
import { elements, parseXml, words } from './wellFormed.ts'

const about = (text: string) => ({ id: 'p', title: text, description: text, axis: text })
const format = (value: number) => value.toFixed(2)

/** Every plot, of any names and numbers. */
const PLOTS: Record<string, (name: string, values: readonly number[], width: number) => Html> = {
  forest: (name, values, width) =>
    svgForest(
      values.map((mean) => ({ label: name, interval: { mean, low: mean - 1, high: mean + 1 }, note: name })),
      { ...about(name), format },
      width,
    ),
  scatter: (name, values, width) =>
    svgScatter(
      values.map((x, v) => ({ label: name, x, y: values[values.length - 1 - v]! })),
      { ...about(name), xAxis: name, yAxis: name, xFormat: format },
      width,
    ),
  bars: (name, values, width) =>
    svgBars(
      values.map((value) => ({
        label: name,
        note: name,
        values: [value, null],
        intervals: [[value, value], null],
      })),
      { ...about(name), series: [name, name], format },
      width,
    ),
  lines: (name, values, width) =>
    svgLines(
      values.map((_, d) => d * 86_400_000),
      [
        { name, values },
        { name, values: values.map((value, v) => (v % 2 ? value : null)) },
      ],
      { ...about(name), format, area: true },
      width,
    ),
  histogram: (name, values, width) =>
    svgHistogram(
      values.map((value) => ({ label: name, value })),
      { ...about(name), binAxis: name, format },
      width,
    ),
}

const ALLOWED = new Set([
  'svg',
  'g',
  'title',
  'desc',
  'line',
  'rect',
  'circle',
  'text',
  'polyline',
  'polygon',
])
const anyNumbers = fc.array(
  fc.oneof(fc.double(), fc.integer({ min: -5, max: 5000 }), fc.constantFrom(0, 1e-12, 1e12)),
  { maxLength: 8 },
)

describe.each(Object.entries(PLOTS))('%s', (_, plot) => {
  test('is well-formed SVG with a title and a description, for any name and any number', () => {
    fc.assert(
      fc.property(
        fc.string({ unit: 'binary' }),
        anyNumbers,
        fc.constantFrom(330, 860),
        (name, values, width) => {
          const root = parseXml(plot(name, values, width).text)
          const all = elements(root)
          expect(all.filter((element) => !ALLOWED.has(element.name))).toEqual([])
          expect(all.slice(0, 3).map((element) => element.name)).toEqual(['svg', 'title', 'desc'])
          expect(all[0]!.attributes).toMatchObject({ role: 'img', 'aria-labelledby': 'p-t p-d' })
          const numbers = all.flatMap(({ attributes }) =>
            Object.entries(attributes).flatMap(([key, value]) =>
              ['x', 'y', 'x1', 'x2', 'y1', 'y2', 'cx', 'cy', 'width', 'height'].includes(key) ? [value] : [],
            ),
          )
          expect(numbers.filter((value) => !/^-?\d+(\.\d+)?(e\+?\d+)?$/.test(value))).toEqual([])
        },
      ),
      { numRuns: 40 },
    )
  })

  test('gives the same bytes again, and names no colour: the page does', () => {
    const text = plot('a', [3, 1, 2], 860).text
    expect(plot('a', [3, 1, 2], 860).text).toBe(text)
    expect(text).not.toMatch(/#[0-9a-f]{3,6}"|style=|fill=/)
  })
})

test('a forest places intervals where their numbers are', () => {
  const plot = svgForest(
    [
      { label: 'a', interval: { mean: 0, low: -1, high: 1 }, note: '' },
      { label: 'b', interval: { mean: 2, low: 1, high: 3 }, note: '', tone: 'good' },
    ],
    { ...about('t'), format },
    860,
  )
  const all = elements(parseXml(plot.text))
  const zero = Number(all.find(({ attributes }) => attributes.class === 'zero')!.attributes.x1)
  const dots = all.filter(({ name }) => name === 'circle').map(({ attributes }) => Number(attributes.cx))
  const bands = all.filter(({ attributes }) => attributes.class?.startsWith('band'))
  expect(dots[0]).toBeCloseTo(zero, 1)
  const unit = (dots[1]! - zero) / 2
  expect(unit).toBeGreaterThan(20)
  expect(Number(bands[0]!.attributes.width)).toBeCloseTo(2 * unit, 1)
  expect(Number(bands[1]!.attributes.x)).toBeCloseTo(zero + unit, 1)
})

test('the frontier holds what nothing cheaper reaches', () => {
  const point = fc.record({ x: fc.integer({ min: 1, max: 30 }), y: fc.integer({ min: 0, max: 30 }) })
  fc.assert(
    fc.property(fc.array(point), (points) => {
      const beaten = (p: { x: number; y: number }) =>
        points.some((q) => q.x <= p.x && q.y >= p.y && (q.x < p.x || q.y > p.y))
      const expected = points.filter((p) => !beaten(p)).map(({ x, y }) => `${x} ${y}`)
      expect(new Set(frontier(points).map(({ x, y }) => `${x} ${y}`))).toEqual(new Set(expected))
    }),
  )
})

test('labels of a scatter cover neither dots nor each other while there is room', () => {
  const dot = fc.record({ x: fc.integer({ min: 60, max: 800 }), y: fc.integer({ min: 40, max: 320 }) })
  fc.assert(
    fc.property(fc.array(dot, { maxLength: 12 }), (centres) => {
      const dots = centres.map(({ x, y }) => ({ x: x - 6, y: y - 6, width: 12, height: 12 }))
      const area = { left: 52, right: 848, top: 26, bottom: 336 }
      const boxes = placeLabels(
        dots,
        dots.map(() => ({ width: 90, height: 15 })),
        area,
      )
      for (const [b, box] of boxes.entries()) {
        expect(box.x >= area.left && box.x + box.width <= area.right).toBe(true)
        expect(box.y >= area.top && box.y + box.height <= area.bottom).toBe(true)
        for (const other of boxes.slice(b + 1)) expect(overlap(box, other)).toBe(0)
        for (const other of dots) expect(overlap(box, other)).toBe(0)
      }
    }),
  )
})

describe('ticks', () => {
  test('are round', () => {
    expect(linearTicks(0, 1, 5)).toEqual({ values: [0, 0.2, 0.4, 0.6, 0.8, 1], digits: 1 })
    expect(linearTicks(-0.03, 0.12, 4).values).toEqual([0, 0.05, 0.1])
    expect(linearTicks(0, 1234, 4).values).toEqual([0, 500, 1000])
    expect(logTicks(900, 60_000)).toEqual([1000, 2000, 5000, 10_000, 20_000, 50_000])
    expect(logTicks(90, 1.5e6)).toEqual([100, 1000, 10_000, 100_000, 1_000_000])
    expect(logTicks(0, 10)).toEqual([])
  })

  test('lie within, and are few', () => {
    const number = fc.double({ min: -1e9, max: 1e9, noNaN: true })
    fc.assert(
      fc.property(number, number, (a, b) => {
        const [low, high] = [Math.min(a, b), Math.max(a, b)]
        fc.pre(high - low > 1e-6)
        const { values, digits } = linearTicks(low, high, 5)
        expect(values.length).toBeLessThanOrEqual(7)
        const slack = (high - low) * 1e-6
        for (const value of values) expect(value >= low - slack && value <= high + slack).toBe(true)
        expect(new Set(values.map((value) => value.toFixed(digits))).size).toBe(values.length)
      }),
    )
  })
})

test('long labels are cut by whole characters and tell the rest', () => {
  expect(fitted('short', 200)).toBe('short')
  fc.assert(
    fc.property(fc.string({ unit: 'grapheme', maxLength: 80 }), (text) => {
      const shown = fitted(text, 90)
      if (shown === text) expect(textWidth(text)).toBeLessThanOrEqual(90)
      else {
        expect(shown.endsWith('…')).toBe(true)
        expect(text.startsWith(shown.slice(0, -1))).toBe(true)
        expect(textWidth(shown)).toBeLessThanOrEqual(90)
      }
    }),
  )
  const long = 'A very long name of a very long model that nobody could fit'
  const plot = svgForest([{ label: long, interval: null, note: 'n' }], { ...about('t'), format }, 330)
  expect(words(parseXml(plot.text))).toContain(long)
})

test('on a phone a forest shows name and numbers whole, on two lines where one is too short', () => {
  const rows = ['over popularity', 'over personal-popularity'].map((label) => ({
    label,
    interval: { mean: 1, low: 0, high: 2 },
    note: '+195.0 % [+166.9 %, +235.6 %]',
  }))
  const heightOf = (of: typeof rows) => {
    const plot = parseXml(svgForest(of, { ...about('t'), format }, 330).text)
    for (const { label, note } of of) {
      expect(words(plot)).toContain(label)
      expect(words(plot)).toContain(note)
    }
    return Number(elements(plot)[0]!.attributes.viewBox!.split(' ')[3])
  }
  const short = rows.map((row) => ({ ...row, note: '+1 %' }))
  expect(heightOf(rows)).toBeGreaterThan(heightOf(short))
})
