import { createWriteStream } from 'node:fs'
import { finished } from 'node:stream/promises'
import type { Rung } from '../../shared/bundle/manifest.ts'
import type { Bundle } from '../../shared/bundle/openBundle.ts'
import { historyView } from '../../shared/rank/historyView.ts'
import { createRecommender } from '../../shared/rank/recommend.ts'
import type { FoldInQuery } from '../split/foldInSplits.ts'
import { Coverage, queryMetrics } from './metrics.ts'

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

/**
 * Ranks 100 items for every query with each rung, history masked; means by model.
 * @param slates file for the slates of the highest rung: user, tab, items separated by commas
 */
export async function rankQueries(
  bundle: Bundle,
  queries: readonly (FoldInQuery & { readonly name?: string })[],
  rungs: readonly Rung[],
  slates?: string,
): Promise<Record<string, MetricMeans>> {
  const recommender = createRecommender(bundle)
  const sums = new Map(rungs.map((rung) => [rung, new Map<string, number>()]))
  const coverage = new Map(rungs.map((rung) => [rung, new Coverage(20)]))
  const out = slates === undefined ? null : createWriteStream(slates)
  let asked = 0
  for (const { history, relevant, name, user } of queries) {
    if (relevant.length > 0) asked++
    const view = historyView(bundle, history)
    const wanted = new Set(relevant.map((id, r) => bundle.numberOf.get(id) ?? -1 - r))
    for (const rung of rungs) {
      const { items } = recommender.rank(rung, view, SLATE_LENGTH, (item) => view.seen.has(item))
      coverage.get(rung)!.add(items)
      if (relevant.length > 0) {
        const totals = sums.get(rung)!
        for (const [metric, value] of Object.entries(queryMetrics(items, wanted))) {
          totals.set(metric, (totals.get(metric) ?? 0) + value)
        }
      }
      if (out && rung === rungs.at(-1))
        out.write(`${name ?? user}\t${Array.from(items, (i) => bundle.ids[i]!).join(',')}\n`)
    }
  }
  if (out) {
    out.end()
    await finished(out)
  }
  return Object.fromEntries(
    rungs.map((rung) => {
      const means = [...sums.get(rung)!].map(([metric, total]) => [metric, total / asked])
      return [
        MODEL_OF[rung],
        { ...Object.fromEntries(means), 'coverage@20': coverage.get(rung)!.of(bundle.items) },
      ]
    }),
  )
}
