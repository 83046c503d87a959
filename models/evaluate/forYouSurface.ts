import type { SurfaceResult } from '../../shared/bundle/evaluation.ts'
import type { Evaluation } from '../../shared/bundle/manifest.ts'
import { DECIDING_METRIC } from './ladder.ts'

/** The verdict of the ladder as that of a surface: what ships against the best rung below it. */
export function forYouSurface({ ladder, verdict, queries, summary }: Evaluation): SurfaceResult {
  const at = Math.max(
    0,
    ladder.findLastIndex(({ ships }) => ships),
  )
  const metric = (r: number) => ladder[r]?.metrics[DECIDING_METRIC] ?? 0
  const below = [...ladder.keys()].slice(0, at).sort((a, b) => metric(b) - metric(a))[0]
  return {
    surface: 'for-you',
    verdict: verdict === 'ships' ? 'proven' : verdict === 'baseline' ? 'unproven' : verdict,
    measure: 'NDCG@10 of the ladder',
    baseline:
      below === undefined ? 'itself: popularity ships' : `the best rung below, ${ladder[below]!.rung}`,
    queries,
    value: metric(at),
    baselineValue: metric(below ?? at),
    difference: below === undefined ? null : (ladder[below]!.shipped?.difference ?? null),
    text: summary,
  }
}
