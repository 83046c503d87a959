import { DAY_MS } from '../../shared/domain/clock.ts'
import { type Dataset, makeDataset, type Oracle } from '../dataset.ts'
import { ColumnBuilder } from '../interactionColumns.ts'
import { seededRandom } from '../random.ts'
import { attentionTable, STEP_MS } from './attention.ts'
import { choiceWeights, fitTable, type World } from './choice.ts'
import { pickWeighted } from './draws.ts'
import { inventFilms } from './films.ts'
import { inventVisitor } from './visitors.ts'

export interface WorldOptions {
  readonly seed?: number
  readonly visitors?: number
  readonly films?: number
  /** Length of the period; it always ends at the same moment. */
  readonly days?: number
}

/** The period ends here, so that the world is the same on every day. */
export const WORLD_END = Date.UTC(2026, 5, 30)
/** Chance that a session goes on after a film, and how long a film lasts at least and at most. */
const ONE_MORE = 0.5
const FILM_MS = [80 * 60_000, 140 * 60_000] as const

/** What the generator decided beyond the public columns, one entry a row or a visitor. */
interface Hidden {
  readonly world: World
  readonly mood: Uint8Array
  readonly circle: Uint8Array
}

/**
 * The world that stands in where there is no data: visitors with favourite genres and passing moods, choosing among films
 * that come, trend and fade; nobody watches a film twice, and who saw a part wants the next. It is not a factor model, so no
 * model here is right by construction. All draws are seeded: the same options give the same dataset.
 */
export function syntheticWorld(options: WorldOptions = {}): Dataset {
  const { seed = 1, visitors = 2500, days = 120 } = options
  const world = inventWorld(options)
  const { films } = world
  const { rows, hidden } = liveThrough(world, visitors, days, seededRandom(seed * 4 + 3))
  const dataset = makeDataset({
    name: 'synthetic',
    synthetic: true,
    order: 'time',
    catalogue: films.map(({ item }) => item),
    interactions: rows.columns(),
    ingest: {
      files: [],
      rows: rows.length,
      used: rows.length,
      rejected: {},
      examples: [],
      notes: [
        'This is an invented world, not data: put a data set into data/ or name its folder in FORYOU_DATA.',
      ],
    },
  })
  return { ...dataset, oracle: oracleOf(dataset, hidden) }
}

/** What visitors of the synthetic world choose among. A stream for each concern: more visitors leave the films as they are. */
export function inventWorld({ seed = 1, films: count = 900, days = 120 }: WorldOptions = {}): World {
  const start = WORLD_END - days * DAY_MS
  const films = inventFilms(count, start, days, seededRandom(seed * 4 + 1))
  const attention = attentionTable(films, start, (days * DAY_MS) / STEP_MS, seededRandom(seed * 4 + 2))
  return { films, start, attention, fit: fitTable(films) }
}

function liveThrough(world: World, visitors: number, days: number, random: () => number) {
  const rows = new ColumnBuilder(visitors * 20)
  const moods: number[] = []
  const circles: number[] = []
  const weights = new Float64Array(world.films.length)
  const width = String(visitors).length
  const items = world.films.map(({ item }) => rows.itemCode(item.id))
  for (let v = 0; v < visitors; v++) {
    const visitor = inventVisitor(world.start, days, random)
    const user = rows.userCode(`v${String(v + 1).padStart(width, '0')}`)
    const seen = new Uint8Array(world.films.length)
    let free = world.start
    for (const begin of visitor.sessions) {
      const mood = pickWeighted(visitor.moods, random)
      let at = Math.max(begin, free)
      do {
        if (at >= WORLD_END) break
        choiceWeights(world, { mood, circle: visitor.circle, at, seen }, weights)
        const film = pickWeighted(weights, random)
        if (film < 0) break
        seen[film] = 1
        rows.add(user, items[film]!, at, Number.NaN, true)
        moods.push(mood)
        circles.push(visitor.circle)
        at += Math.floor(FILM_MS[0] + random() * (FILM_MS[1] - FILM_MS[0]))
      } while (random() < ONE_MORE)
      free = at
    }
  }
  return { rows, hidden: { world, mood: Uint8Array.from(moods), circle: Uint8Array.from(circles) } }
}

/**
 * Ranks by the very chances that the row was drawn from, so that no model can do better on average: with one right answer,
 * the best order for NDCG, MRR and hit rate is by falling chance. Ids ascend with visitors and films and times ascend inside
 * a visitor, so rows and items of the dataset are those of the generator.
 */
function oracleOf(dataset: Dataset, { world, mood, circle }: Hidden): Oracle {
  const weightsAt = (row: number) => {
    const weights = new Float64Array(world.films.length)
    const seen = new Uint8Array(world.films.length)
    for (let r = userStart(dataset.offsets, row); r < row; r++) seen[dataset.items[r]!] = 1
    const at = dataset.times[row]!
    choiceWeights(world, { mood: mood[row]!, circle: circle[row]!, at, seen }, weights)
    return weights
  }
  return {
    slate(row, k) {
      const weights = weightsAt(row)
      const possible = Int32Array.from(weights.keys()).filter((film) => weights[film]! > 0)
      return possible.sort((a, b) => weights[b]! - weights[a]! || a - b).subarray(0, k)
    },
    chances(row) {
      const weights = weightsAt(row)
      const total = weights.reduce((sum, weight) => sum + weight, 0)
      return weights.map((weight) => weight / total)
    },
  }
}

/** First row of the user that a row belongs to. */
function userStart(offsets: Int32Array, row: number): number {
  let low = 0
  let high = offsets.length - 1
  while (high - low > 1) {
    const middle = (low + high) >> 1
    if (offsets[middle]! <= row) low = middle
    else high = middle
  }
  return offsets[low]!
}
