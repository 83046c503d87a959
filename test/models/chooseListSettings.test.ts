import { describe, expect, test } from 'vitest'
import { fitStage, openStage } from '../../models/build/stage.ts'
import { ndcg } from '../../models/evaluate/metrics.ts'
import { rankQueries } from '../../models/evaluate/rankQueries.ts'
import { chooseDamping } from '../../models/pipeline/chooseDamping.ts'
import { chooseListSettings } from '../../models/pipeline/chooseListSettings.ts'
import { ndcgByWeight } from '../../models/pipeline/chooseTableWeight.ts'
import { seededRandom } from '../../models/random.ts'
import { defaultSettings, NO_FLOORS } from '../../models/settings.ts'
import { historyOf } from '../../models/split/foldInSplits.ts'
import { interactionMatrix } from '../../models/train/interactionMatrix.ts'
import { neighbourLists } from '../../models/train/neighbourLists.ts'
import { tableAndNeighbours } from '../../models/train/tableAndNeighbours.ts'
import { openThreads, withThreads } from '../../models/train/threads.ts'
import { datasetOf } from '../worlds.ts'

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
