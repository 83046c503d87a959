import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { applyPopularityDelta, encodePopularityDelta } from '../../shared/bundle/popularityDelta.ts'
import { decodeCount, encodeCount, NO_ARRIVALS, type Popularity } from '../../shared/bundle/popularityFile.ts'
import { DAY_MS } from '../../shared/domain/clock.ts'
import { errorCode } from '../../shared/domain/errors.ts'

const HALF_LIVES = [1, 7]

/** Popularity by its definition, from (item, day) pairs. */
function popularityOf(
  items: number,
  log: readonly (readonly [item: number, day: number])[],
  asOf: number,
): Popularity {
  const counts = [...HALF_LIVES, Number.POSITIVE_INFINITY].map((halfLife) => {
    const values = new Float64Array(items)
    for (const [item, day] of log) if (day < asOf) values[item]! += 2 ** (-(asOf - day) / halfLife)
    return values
  })
  const max = counts.map((values) => values.reduce((most, x) => Math.max(most, x), 0))
  const codes = counts.map((values, c) => Uint16Array.from(values, (x) => encodeCount(x, max[c]!)))
  return {
    asOf: asOf * DAY_MS,
    halfLives: HALF_LIVES,
    decayedMax: max.slice(0, -1),
    decayed: Uint16Array.of(...codes[0]!, ...codes[1]!),
    countMax: max.at(-1)!,
    count: codes[2]!,
    mean: Uint16Array.from({ length: items }, (_, i) => (i * 997) % 65_536),
    meanLow: 1,
    meanHigh: 10,
    arrivals: NO_ARRIVALS,
  }
}

const countAt = (p: Popularity, c: number, item: number) =>
  c < HALF_LIVES.length
    ? decodeCount(p.decayed[c * p.count.length + item]!, p.decayedMax[c]!)
    : decodeCount(p.count[item]!, p.countMax)

const pairs = fc.array(fc.tuple(fc.nat(59), fc.integer({ min: 0, max: 19 })), { maxLength: 200 })

describe('the changes of popularity since a base', () => {
  test('give the counts of the later moment, near enough that only close ones may tie', () => {
    fc.assert(
      fc.property(
        pairs,
        fc.integer({ min: 10, max: 20 }),
        fc.integer({ min: 1, max: 9 }),
        (log, end, appended) => {
          const known = 60 - appended
          const base = popularityOf(
            known,
            log.filter(([item]) => item < known),
            10,
          )
          const exact = popularityOf(60, log, end)
          const got = applyPopularityDelta(base, encodePopularityDelta(base, exact), 'delta.popularity')
          expect(got.count.length).toBe(60)
          expect(got.asOf).toBe(exact.asOf)
          for (let c = 0; c <= HALF_LIVES.length; c++) {
            const most = c < HALF_LIVES.length ? exact.decayedMax[c]! : exact.countMax
            for (let i = 0; i < 60; i++) {
              const wanted = countAt(exact, c, i)
              // Half a step of the root of the growth, which is at most the whole count.
              expect(Math.abs(countAt(got, c, i) - wanted)).toBeLessThanOrEqual(
                Math.sqrt(most * wanted) / 1000 + most / 4e6 + 1e-9,
              )
            }
          }
        },
      ),
    )
  })

  test('cost nothing where nobody did anything: counts only fade', () => {
    const log = Array.from({ length: 500 }, (_, n) => [(n * n) % 50, n % 10] as const)
    const base = popularityOf(50, log, 10)
    const later = popularityOf(50, log, 13)
    const quiet = encodePopularityDelta(base, later)
    const busy = encodePopularityDelta(base, popularityOf(50, [...log, [3, 12], [4, 12]], 13))
    expect(busy.byteLength).toBeGreaterThan(quiet.byteLength)
    const got = applyPopularityDelta(base, quiet, 'delta.popularity')
    for (let i = 0; i < 50; i++) {
      expect(countAt(got, 0, i)).toBeCloseTo(countAt(base, 0, i) / 8, 3)
      expect(got.mean[i]).toBe(base.mean[i])
    }
  })

  test('take back what was erased from the log', () => {
    const log = Array.from({ length: 300 }, (_, n) => [n % 30, n % 10] as const)
    const base = popularityOf(30, log, 10)
    const erased = popularityOf(
      30,
      log.filter(([item]) => item !== 7),
      12,
    )
    const got = applyPopularityDelta(base, encodePopularityDelta(base, erased), 'delta.popularity')
    expect(countAt(got, 2, 7)).toBeCloseTo(0, 4)
    expect(countAt(got, 2, 8)).toBeCloseTo(10, 1)
  })

  test('cover catalogues of several shards', () => {
    const items = 20_000
    const log = Array.from({ length: 900 }, (_, n) => [(n * 23) % items, 5] as const)
    const base = popularityOf(items, log, 10)
    const exact = popularityOf(items, [...log, [8191, 11], [8192, 11], [19_999, 11], [19_999, 11]], 12)
    const got = applyPopularityDelta(base, encodePopularityDelta(base, exact), 'delta.popularity')
    expect([8191, 8192, 19_999, 8190].map((i) => Math.round(countAt(got, 2, i)))).toEqual(
      [8191, 8192, 19_999, 8190].map((i) => Math.round(countAt(exact, 2, i))),
    )
    expect(countAt(got, 0, 19_999)).toBeCloseTo(1, 2)
  })

  test('are refused by another base, and when they are damaged', () => {
    const base = popularityOf(40, [[1, 2]], 10)
    const file = encodePopularityDelta(
      base,
      popularityOf(
        45,
        [
          [1, 2],
          [44, 11],
        ],
        12,
      ),
    )
    const apply = (to: Popularity, bytes = file) => {
      try {
        applyPopularityDelta(to, bytes, 'delta.popularity')
        return 'accepted'
      } catch (error) {
        return errorCode(error)
      }
    }
    expect(apply(base)).toBe('accepted')
    expect(apply(popularityOf(46, [[1, 2]], 10))).toBe('bundle_value')
    expect(apply({ ...base, halfLives: [1] })).toBe('bundle_section')
    expect(apply({ ...base, mean: new Uint16Array(0) })).toBe('bundle_section')
    expect(apply(base, file.slice(0, -8))).toBe('bundle_truncated')
  })

  test('never crash on damaged bytes: refused, or some popularity of the same size', () => {
    const base = popularityOf(
      40,
      [
        [1, 2],
        [2, 3],
      ],
      10,
    )
    const file = new Uint8Array(
      encodePopularityDelta(
        base,
        popularityOf(
          45,
          [
            [1, 2],
            [44, 11],
          ],
          12,
        ),
      ),
    )
    fc.assert(
      fc.property(fc.nat(file.length - 1), fc.integer({ min: 1, max: 255 }), (at, flip) => {
        const bytes = file.slice()
        bytes[at]! ^= flip
        try {
          const { count, decayed } = applyPopularityDelta(base, bytes.buffer, 'delta.popularity')
          expect(decayed.length).toBe(count.length * HALF_LIVES.length)
        } catch (error) {
          expect(errorCode(error)).toMatch(/^bundle_/)
        }
      }),
    )
  })
})
