import { expect, test } from 'vitest'
import { ladderReport } from '../../models/cli/ladderReport.ts'
import type { Evaluation } from '../../shared/bundle/manifest.ts'

const none = { mean: 0, low: 0, high: 0 }
const evaluation: Evaluation = {
  manifest: null,
  protocol: 'test',
  queries: 1,
  users: 1,
  days: 1,
  verdict: 'not-measurable',
  summary: 'A summary.',
  ladder: [
    { rung: 'popularity', model: 'p', metrics: { 'ndcg@10': 0 }, gain: null, bytes: 1, ships: true },
    { rung: 'content', model: 'c', metrics: { 'ndcg@10': 0.1 }, gain: none, bytes: 1, ships: false },
    { rung: 'collaborative', model: 'n', metrics: { 'ndcg@10': 0.1 }, gain: none, bytes: 1, ships: false },
  ],
  baselines: [
    {
      name: 'item-knn',
      trainer: 'item-knn',
      formula: '',
      metrics: { 'ndcg@10': 0.2 },
      bytes: 1,
      offline: false,
      shipped: {
        gain: { mean: -1, low: -1, high: -1 },
        difference: none,
        adjusted: { mean: -0.2, low: -0.3, high: 0.1 },
        p: 0.5,
      },
    },
  ],
}

test('no gain is claimed over what never hits, no time for what was not trained; one minus sign everywhere', () => {
  const lines = ladderReport(evaluation, { content: { milliseconds: 1, trainSeconds: 0 } }, null).split('\n')
  const row = (name: string) => lines.find((line) => line.startsWith(name))!.split(/ {2,}/)
  expect(row('content')).toEqual(['content', '0.1000', '0.0 %', '–', '0.0', '1.00', 'no'])
  expect(row('collaborative')).toContain('+0.0 [+0.0, +0.0]')
  expect(row('item-knn')).toContain('−100.0 %')
  expect(row('item-knn')).toContain('−0.2000 [−0.3000, +0.1000]')
})
