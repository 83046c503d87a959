import { describe, expect, test } from 'vitest'
import { fitStage, openStage } from '../../models/build/stage.ts'
import { ndcg } from '../../models/evaluate/metrics.ts'
import { rankQueries } from '../../models/evaluate/rankQueries.ts'
import { chooseDamping } from '../../models/pipeline/chooseDamping.ts'
import { chooseListSettings } from '../../models/pipeline/chooseListSettings.ts'
import { chooseSharpening } from '../../models/pipeline/chooseSharpening.ts'
import { ndcgByWeight } from '../../models/pipeline/chooseTableWeight.ts'
import { seededRandom } from '../../models/random.ts'
import { defaultSettings, NO_FLOORS } from '../../models/settings.ts'
import { historyOf } from '../../models/split/foldInSplits.ts'
import { replayDays } from '../../models/split/replay.ts'
import { before } from '../../models/split/slice.ts'
import { interactionMatrix } from '../../models/train/interactionMatrix.ts'
import { neighbourLists } from '../../models/train/neighbourLists.ts'
import { tableAndNeighbours } from '../../models/train/tableAndNeighbours.ts'
import { openThreads, withThreads } from '../../models/train/threads.ts'
import { DAY_MS } from '../../shared/domain/clock.ts'
import { datasetOf, T0 } from '../worlds.ts'

/** Users of four tastes, each with half of the items of its own and some of the others. */
function tastes(users = 160, items = 60) {
  const random = seededRandom(5)
  const rows = []
  for (let u = 0; u < users; u++) {
    for (let i = 0; i < items; i++) {
      if (random() < (i % 4 === u % 4 ? 0.5 : 0.06)) rows.push({ user: `u${u}`, item: `i${i}`, day: 0 })
    }
  }
  return { ...datasetOf(rows), order: 'none' as const }
}

const dataset = tastes()
const settings = { ...defaultSettings('none'), floors: NO_FLOORS, dims: 8 }
const questions = Array.from({ length: 60 }, (_, u) => {
  const items = dataset.items.slice(dataset.offsets[u]!, dataset.offsets[u + 1]!)
  return { history: items.slice(2), relevant: new Set(items.slice(0, 2)) }
})

describe('the choice of damping', () => {
  const matrix = interactionMatrix(dataset, 1)
  const start = { ...settings.neighbours, length: 1000 }

  test('reports the NDCG that its lists give, counted naively, and is as good as where it started', () => {
    const worth = (damping: typeof start) => {
      const lists = neighbourLists(matrix, { ...damping, minPairUsers: 1 }, openThreads(1))
      const values = questions.map(({ history, relevant }) => {
        const scores = new Float64Array(matrix.items)
        for (const h of history)
          for (let e = lists.offsets[h]!; e < lists.offsets[h + 1]!; e++)
            scores[lists.targets[e]!]! += lists.weights[e]!
        const ranked = [...scores.keys()]
          .filter((i) => scores[i]! > 0 && !history.includes(i))
          .sort((a, b) => scores[b]! - scores[a]! || a - b)
        return ndcg(ranked, relevant, 20)
      })
      return values.reduce((sum, x) => sum + x, 0) / values.length
    }
    const found = chooseDamping(matrix, questions, start, 1, openThreads(1))
    expect(found.ndcg).toBeCloseTo(worth(found.damping), 9)
    expect(found.ndcg).toBeGreaterThanOrEqual(worth({ ...start, sharpening: 0.6 }) - 1e-12)
  })

  test('is the same for any number of threads', () => {
    const by = (threads: number) =>
      withThreads((pool) => chooseDamping(matrix, questions, start, 1, pool), threads)
    expect(by(3)).toEqual(by(1))
  })
})

describe('the choice of the table’s weight', () => {
  test('sees what the browser’s ranker gives at each weight', async () => {
    const stage = fitStage(dataset, { ...settings, tableWeight: 1 }, 0, { trainers: [tableAndNeighbours] })
    const queries = questions.map(({ relevant }, user) => ({
      user,
      history: historyOf(dataset, dataset.offsets[user]! + 2, dataset.offsets[user + 1]!),
      relevant: [...relevant].map((i) => dataset.catalogue[i]!.id),
    }))
    const weights = [0.1, 0.5]
    const values = ndcgByWeight(await openStage(dataset, stage, 'collaborative'), queries, weights)
    for (const [w, weight] of weights.entries()) {
      const profile = { ...stage.profile, tableWeight: stage.profile.tableWeight * weight }
      const bundle = await openStage(dataset, { ...stage, profile }, 'collaborative')
      const ranked = (await rankQueries(bundle, queries, ['collaborative']))['table-neighbours']!
      const mean = values[w]!.reduce((sum, x) => sum + x, 0) / queries.length
      // Where the lists end, the ranker goes on with popularity; inside the first 20 of 60 items that hardly happens.
      expect(mean).toBeCloseTo(ranked['ndcg@20']!, 3)
    }
  })

  test('settings stay as they are where there are too few users to ask', async () => {
    const few = tastes(60)
    const chosen = await chooseListSettings(few, settings, () => {})
    expect(chosen).toEqual({ tableWeight: settings.tableWeight, neighbours: settings.neighbours })
  })
})

describe('the choice of sharpening', () => {
  const timed = (() => {
    const random = seededRandom(9)
    const rows = []
    for (let u = 0; u < 120; u++) {
      for (let i = 0; i < 60; i++) {
        const day = Math.floor(random() * 40)
        if (random() < (i % 4 === u % 4 ? 0.5 : 0.06)) rows.push({ user: `u${u}`, item: `i${i}`, day })
      }
    }
    return datasetOf(rows)
  })()
  const from = T0 + 26 * DAY_MS
  const days = replayDays(timed, from, T0 + 40 * DAY_MS)
  const given = { ...defaultSettings('time'), neighbours: { ...settings.neighbours, length: 1000 } }

  test('is the one that ranks the validation days best, from what was known before them', () => {
    const matrix = interactionMatrix(before(timed, from), given.floors.itemUsers)
    const indexOf = new Map(timed.catalogue.map(({ id }, i) => [id, i]))
    const worth = [0, 0.2, 0.4, 0.6, 0.8].map((sharpening) => {
      const options = { ...given.neighbours, sharpening, minPairUsers: given.floors.pairUsers }
      const lists = neighbourLists(matrix, options, openThreads(1))
      let sum = 0
      for (const { history, target } of days.flatMap((day) => day.events)) {
        const scores = new Float64Array(matrix.items)
        const items = [...new Set(history.toReversed().map(({ item }) => indexOf.get(item)!))]
        for (const [back, h] of items.slice(0, given.historyLength).entries())
          for (let e = lists.offsets[h]!; e < lists.offsets[h + 1]!; e++)
            scores[lists.targets[e]!]! += given.decay ** back * lists.weights[e]!
        const ranked = [...scores.keys()]
          .filter((i) => scores[i]! > 0 && !items.includes(i))
          .sort((a, b) => scores[b]! - scores[a]! || a - b)
        sum += ndcg(ranked, new Set([indexOf.get(target)!]), 20)
      }
      return sum
    })
    const best = [0, 0.2, 0.4, 0.6, 0.8][worth.indexOf(Math.max(...worth))]
    expect(chooseSharpening(timed, days, given).neighbours).toEqual({ ...given.neighbours, sharpening: best })
  })

  test('stays as it is where there are too few events', () => {
    expect(chooseSharpening(timed, days.slice(0, 1), given)).toBe(given)
  })
})
