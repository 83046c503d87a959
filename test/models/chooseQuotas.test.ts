import { expect, test } from 'vitest'
import { fitStage, openStage } from '../../models/build/stage.ts'
import { daysWithPopularity } from '../../models/pipeline/fitUntil.ts'
import { defaultSettings } from '../../models/settings.ts'
import { cutsOf } from '../../models/split/cuts.ts'
import { before } from '../../models/split/slice.ts'
import { chooseQuotas } from '../../models/train/chooseQuotas.ts'
import { syntheticWorld } from '../../models/world/syntheticWorld.ts'
import { withPopularity } from '../../shared/bundle/openBundle.ts'
import type { CandidatePlan } from '../../shared/bundle/rankerFile.ts'
import { candidateSource, candidates, DEFAULT_PLAN } from '../../shared/rank/candidates.ts'
import { historyView } from '../../shared/rank/historyView.ts'
import { queryScores, rankState } from '../../shared/rank/queryState.ts'

test('quotas are chosen by what they find, and find more on days that did not choose them', async () => {
  const dataset = syntheticWorld({ visitors: 500, days: 60, films: 500 })
  const settings = defaultSettings('time')
  const { replayFrom, cut, testEnd } = cutsOf(dataset, settings)
  const stage = fitStage(before(dataset, replayFrom), settings, replayFrom)
  const bundle = await openStage(dataset, stage, 'popularity')
  const plan = chooseQuotas(bundle, daysWithPopularity(dataset, stage, replayFrom, cut))
  expect(plan.budget).toBe(DEFAULT_PLAN.budget)
  expect(plan.quotas).not.toEqual(DEFAULT_PLAN.quotas)
  expect(Math.min(...Object.values(plan.quotas))).toBeGreaterThan(0)

  const found = (asked: CandidatePlan) => {
    let hits = 0
    for (const day of daysWithPopularity(dataset, stage, cut, testEnd)) {
      const today = withPopularity(bundle, day.popularity)
      const state = rankState(today)
      for (const { history, target, at } of day.events) {
        const view = historyView(today, history, at)
        const source = candidateSource(state, asked)
        const { items } = candidates(source, queryScores(state, view), (item) => view.seen.has(item))
        expect(items.length).toBeLessThanOrEqual(asked.budget)
        if (items.includes(today.numberOf.get(target)!)) hits++
      }
    }
    return hits
  }
  expect(found(plan)).toBeGreaterThan(found(DEFAULT_PLAN))
})

test('too few events choose nothing', async () => {
  const dataset = syntheticWorld({ visitors: 20, days: 30, films: 60 })
  const settings = defaultSettings('time')
  const { replayFrom, cut } = cutsOf(dataset, settings)
  const stage = fitStage(before(dataset, replayFrom), settings, replayFrom)
  const bundle = await openStage(dataset, stage, 'popularity')
  expect(chooseQuotas(bundle, daysWithPopularity(dataset, stage, replayFrom, cut))).toBe(DEFAULT_PLAN)
})
