import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { fingerprint } from '../../models/ingest/fingerprint.ts'
import { seededRandom } from '../../models/random.ts'
import { decayedCounts } from '../../models/train/popularity.ts'
import { attentionTable, STEP_MS } from '../../models/world/attention.ts'
import { pickWeighted } from '../../models/world/draws.ts'
import { inventFilms } from '../../models/world/films.ts'
import { GENRES } from '../../models/world/filmWords.ts'
import { syntheticWorld, WORLD_END } from '../../models/world/syntheticWorld.ts'
import { DAY_MS } from '../../shared/domain/clock.ts'

const world = syntheticWorld()
const genresOf = world.catalogue.map((item) => item.attributes!.genre!)
const rowsOf = (user: number) =>
  Array.from({ length: world.offsets[user + 1]! - world.offsets[user]! }, (_, i) => world.offsets[user]! + i)

test('the same seed gives the same world, another one another', async () => {
  const small = (seed: number, visitors = 100) => syntheticWorld({ seed, visitors })
  expect(await fingerprint(small(1))).toBe(await fingerprint(small(1)))
  expect(await fingerprint(small(2))).not.toBe(await fingerprint(small(1)))
  expect(small(1, 50).catalogue).toEqual(world.catalogue)
})

test('sizes are those of a small film site over four months', () => {
  expect(world.users).toHaveLength(2500)
  expect(world.catalogue).toHaveLength(900)
  expect(world.items.length).toBeGreaterThan(40_000)
  expect(world.items.length).toBeLessThan(50_000)
  expect(world).toMatchObject({ name: 'synthetic', synthetic: true, order: 'time' })
})

test('times lie in the period and ascend strictly inside a visitor; nobody watches a film twice', () => {
  world.users.forEach((_, user) => {
    const rows = rowsOf(user)
    rows.forEach((row, i) => {
      expect(world.times[row]!).toBeGreaterThan(
        i === 0 ? WORLD_END - 120 * DAY_MS - 1 : world.times[row - 1]!,
      )
      expect(world.times[row]!).toBeLessThan(WORLD_END)
    })
    expect(new Set(rows.map((row) => world.items[row]!)).size).toBe(rows.length)
  })
  expect(world.positive.every((positive) => positive === 1)).toBe(true)
})

test('no film is watched before its release, and the new ones are', () => {
  const released = world.catalogue.filter(({ releasedAt }) => releasedAt !== undefined)
  expect(released.length).toBeGreaterThan(100)
  for (let row = 0; row < world.items.length; row++) {
    expect(world.times[row]!).toBeGreaterThanOrEqual(world.catalogue[world.items[row]!]!.releasedAt ?? 0)
  }
  for (const { releasedAt } of released) expect(new Date(releasedAt!).getUTCDay()).toBe(5)
})

test('the catalogue is believable: distinct titles, years, one to three genres, cold items', () => {
  expect(new Set(world.catalogue.map(({ title }) => title)).size).toBe(900)
  const seen = new Set(world.items)
  expect(seen.size).toBeLessThan(880)
  expect(seen.size).toBeGreaterThan(780)
  for (const { year, releasedAt, attributes } of world.catalogue) {
    expect(year).toBeGreaterThanOrEqual(1950)
    expect(year).toBeLessThanOrEqual(2026)
    expect(year === 2026).toBe(releasedAt !== undefined)
    expect(attributes!.genre!.length).toBeGreaterThanOrEqual(1)
    expect(attributes!.genre!.length).toBeLessThanOrEqual(3)
  }
  for (const genre of GENRES) {
    expect(genresOf.filter((genres) => genres.includes(genre)).length).toBeGreaterThan(50)
  }
})

test('after three films of one genre most of what follows is of that genre', () => {
  const shares: number[] = []
  world.users.forEach((_, user) => {
    const counts = new Map<string, number>()
    const rows = rowsOf(user)
    for (const [i, row] of rows.entries()) {
      for (const genre of genresOf[world.items[row]!]!) counts.set(genre, (counts.get(genre) ?? 0) + 1)
      const genre = [...counts].find(([, count]) => count === 3)?.[0]
      if (!genre) continue
      const rest = rows.slice(i + 1)
      const same = rest.filter((row) => genresOf[world.items[row]!]!.includes(genre)).length
      if (rest.length >= 5) shares.push(same / rest.length)
      break
    }
  })
  expect(shares.length).toBeGreaterThan(1000)
  expect(shares.sort((a, b) => a - b)[shares.length >> 1]).toBeGreaterThan(0.6)
})

describe('the oracle', () => {
  const random = seededRandom(5)
  const tests = Array.from({ length: 1500 }, () => Math.floor(random() * world.items.length))

  test('beats popularity, its own time-decayed one included, by far', () => {
    const gain = { oracle: 0, count: 0, day: 0 }
    for (const row of tests) {
      const seen = seenBefore(row)
      const unseen = [...world.catalogue.keys()].filter((item) => !seen.has(item))
      const top = (scores: Float64Array) => unseen.sort((a, b) => scores[b]! - scores[a]!).slice(0, 10)
      const midnight = Math.floor(world.times[row]! / DAY_MS) * DAY_MS
      gain.oracle += discounted([...world.oracle!.slate(row, 10)], world.items[row]!)
      gain.count += discounted(top(decayed(midnight, 1e6)), world.items[row]!)
      gain.day += discounted(top(decayed(midnight, 1)), world.items[row]!)
    }
    expect(gain.day).toBeGreaterThan(1.2 * gain.count)
    expect(gain.oracle).toBeGreaterThan(3 * gain.day)
  })

  test('never shows what was seen or is not out yet, and nothing twice', () => {
    for (const row of tests.slice(0, 300)) {
      const slate = [...world.oracle!.slate(row, 100)]
      expect(new Set(slate).size).toBe(100)
      const seen = seenBefore(row)
      for (const item of slate) {
        expect(seen.has(item)).toBe(false)
        expect(world.catalogue[item]!.releasedAt ?? 0).toBeLessThanOrEqual(world.times[row]!)
      }
      expect([...world.oracle!.slate(row, 7)]).toEqual(slate.slice(0, 7))
    }
  })

  test('is calibrated: what it says has a chance p comes true in a share p of the cases', () => {
    // At each cutoff: Σ p against the hits, within four standard deviations of Σ p(1 − p).
    for (const k of [1, 3, 10, 50]) {
      let expected = 0
      let variance = 0
      let hits = 0
      for (const row of tests) {
        const slate = [...world.oracle!.slate(row, k)]
        const chances = world.oracle!.chances(row)
        const p = slate.reduce((sum, item) => sum + chances[item]!, 0)
        expected += p
        variance += p * (1 - p)
        if (slate.includes(world.items[row]!)) hits++
      }
      expect(Math.abs(hits - expected)).toBeLessThan(4 * Math.sqrt(variance))
    }
  })

  test('its chances sum to 1, are 0 for what was seen, and order its slate', () => {
    for (const row of tests.slice(0, 100)) {
      const chances = world.oracle!.chances(row)
      expect(chances.reduce((sum, p) => sum + p, 0)).toBeCloseTo(1, 9)
      for (const item of seenBefore(row)) expect(chances[item]).toBe(0)
      const slate = [...world.oracle!.slate(row, 50)]
      expect(slate.every((item, i) => i === 0 || chances[item]! <= chances[slate[i - 1]!]!)).toBe(true)
      expect(chances[slate[0]!]).toBe(Math.max(...chances))
    }
  })
})

test('having seen a part raises the next one, not the one before', () => {
  const films = inventFilms(900, WORLD_END - 120 * DAY_MS, 120, seededRandom(5))
  expect(films.map(({ item }) => item)).toEqual(world.catalogue)
  let inOrder = 0
  let reversed = 0
  world.users.forEach((_, user) => {
    const history = rowsOf(user).map((row) => world.items[row]!)
    films.forEach(({ sequelOf }, part) => {
      const [first, second] = [history.indexOf(sequelOf), history.indexOf(part)]
      if (first < 0 || second < 0) return
      if (first < second) inOrder++
      else reversed++
    })
  })
  expect(reversed).toBeGreaterThan(100)
  expect(inOrder).toBeGreaterThan(2 * reversed)
})

test('attention jumps at the release and fades', () => {
  const start = WORLD_END - 60 * DAY_MS
  const films = inventFilms(300, start, 60, seededRandom(3))
  // 0.99: no film has a wave, so that only the release moves it.
  const table = attentionTable(films, start, 240, () => 0.99)
  const of = (film: number) => Array.from({ length: 240 }, (_, step) => table[step * films.length + film]!)
  films.forEach(({ item, appeal }, i) => {
    const attention = of(i)
    const first = item.releasedAt === undefined ? 0 : (item.releasedAt - start) / STEP_MS
    expect(attention.slice(0, Math.ceil(first)).every((x) => x === 0)).toBe(true)
    if (item.releasedAt === undefined) expect(attention.every((x) => x === appeal)).toBe(true)
    else expect(attention.slice(Math.ceil(first)).every((x, s, all) => s === 0 || x < all[s - 1]!)).toBe(true)
  })
})

test('pickWeighted never picks what has no weight, and picks by weight', () => {
  const weights = fc.array(fc.constantFrom(0, 0, 1, 2, 1e-9), { minLength: 1, maxLength: 8 })
  fc.assert(
    fc.property(weights, fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true }), (all, u) => {
      const picked = pickWeighted(all, () => u)
      if (all.every((weight) => weight === 0)) expect(picked).toBe(-1)
      else expect(all[picked]).toBeGreaterThan(0)
    }),
  )
  const random = seededRandom(1)
  const counts = [0, 0, 0]
  for (let i = 0; i < 30_000; i++) counts[pickWeighted([1, 0, 3], random)]!++
  expect(counts[0]! / 30_000).toBeCloseTo(0.25, 1)
  expect(counts[1]).toBe(0)
})

function seenBefore(row: number): Set<number> {
  const user = world.offsets.findLastIndex((offset) => offset <= row)
  return new Set(world.items.subarray(world.offsets[user], row))
}

function discounted(slate: readonly number[], item: number): number {
  const rank = slate.indexOf(item)
  return rank < 0 ? 0 : 1 / Math.log2(rank + 2)
}

const scores = new Map<string, Float64Array>()
function decayed(asOf: number, halfLifeDays: number): Float64Array {
  const key = `${asOf} ${halfLifeDays}`
  const known = scores.get(key) ?? decayedCounts(world, asOf, halfLifeDays)
  scores.set(key, known)
  return known
}
