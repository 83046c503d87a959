import type { Rung } from '../../shared/bundle/manifest.ts'
import type { Bundle } from '../../shared/bundle/openBundle.ts'
import type { Excluded } from '../../shared/rank/generator.ts'
import { type HistoryView, historyView } from '../../shared/rank/historyView.ts'
import { createRecommender } from '../../shared/rank/recommend.ts'
import type { FoldInQuery } from '../split/foldInSplits.ts'
import { Coverage, queryMetrics } from './metrics.ts'
import { openSlates } from './slateWriter.ts'

/** Metric → mean over queries. */
export type MetricMeans = Readonly<Record<string, number>>

const SLATE_LENGTH = 100
const MODEL_OF: Readonly<Record<Rung, string>> = {
  popularity: 'popularity',
  'personal-popularity': 'personal-popularity',
  content: 'content',
  collaborative: 'table-neighbours',
  transitions: 'transitions',
  ranker: 'ranker',
}

/** A model that is ranked beside the rungs of a bundle, over the same item numbers. */
export interface Beside {
  readonly name: string
  rank(view: HistoryView, k: number, excluded: Excluded): Int32Array
}

interface Ranking {
  readonly name: string
  rank(view: HistoryView, k: number, excluded: Excluded): { items: Int32Array; scores?: Float64Array }
}

/**
 * Ranks 100 items for every query with each rung, history masked; means by model.
 * @param slates file for the slates of the last model, see {@link openSlates}
 * @param beside a model that no bundle holds, ranked last
 */
export async function rankQueries(
  bundle: Bundle,
  queries: readonly (FoldInQuery & { readonly name?: string })[],
  rungs: readonly Rung[],
  slates?: string,
  beside?: Beside,
): Promise<Record<string, MetricMeans>> {
  const recommender = createRecommender(bundle)
  const models: Ranking[] = rungs.map((rung) => ({
    name: MODEL_OF[rung],
    rank: (view, k, excluded) => recommender.rank(rung, view, k, excluded),
  }))
  if (beside) models.push({ name: beside.name, rank: (...asked) => ({ items: beside.rank(...asked) }) })
  const sums = new Map(models.map(({ name }) => [name, new Map<string, number>()]))
  const coverage = new Map(models.map(({ name }) => [name, new Coverage(20)]))
  const out = slates === undefined ? null : await openSlates(slates)
  let asked = 0
  for (const { history, relevant, name, user } of queries) {
    if (relevant.length > 0) asked++
    const view = historyView(bundle, history)
    const wanted = new Set(relevant.map((id, r) => bundle.numberOf.get(id) ?? -1 - r))
    for (const model of models) {
      const { items, scores } = model.rank(view, SLATE_LENGTH, (item) => view.seen.has(item))
      coverage.get(model.name)!.add(items)
      if (relevant.length > 0) {
        const totals = sums.get(model.name)!
        for (const [metric, value] of Object.entries(queryMetrics(items, wanted))) {
          totals.set(metric, (totals.get(metric) ?? 0) + value)
        }
      }
      if (out && model === models.at(-1))
        out.add(
          name ?? String(user),
          Array.from(items, (i) => bundle.ids[i]!),
          scores,
        )
    }
  }
  await out?.close()
  return Object.fromEntries(
    models.map(({ name: model }) => {
      const means = [...sums.get(model)!].map(([metric, total]) => [metric, total / asked])
      return [model, { ...Object.fromEntries(means), 'coverage@20': coverage.get(model)!.of(bundle.items) }]
    }),
  )
}
