import type { Feature } from './feature.ts'
import { SPANNED, SPANS, type Span, type SpannedGenerator } from './queryState.ts'

const fromHistory = { version: 1, default: 0, sees: 'bundle and history' } as const

const spanned = (generator: SpannedGenerator, span: Span): Feature => ({
  ...fromHistory,
  name: `${generator}-${span}`,
  unit: 'share of the best candidate',
  source: generator,
  value: (state, item) => state.spanned(generator, span, item),
})

/** What the history says about an item. */
export const HISTORY_FEATURES: readonly Feature[] = [
  {
    ...fromHistory,
    name: 'collaborative',
    unit: 'quantile',
    source: 'collaborative',
    value: (state, item) => state.calibrated('collaborative', item),
  },
  {
    ...fromHistory,
    name: 'collaborative-relative',
    unit: 'share of the best',
    source: 'collaborative',
    value: (state, item) => state.relative('collaborative', item),
  },
  {
    ...fromHistory,
    name: 'transitions',
    unit: 'quantile',
    source: 'transitions',
    value: (state, item) => state.calibrated('transitions', item),
  },
  {
    ...fromHistory,
    name: 'transitions-relative',
    unit: 'share of the best',
    source: 'transitions',
    value: (state, item) => state.relative('transitions', item),
  },
  ...SPANNED.flatMap((generator) => SPANS.map((span) => spanned(generator, span))),
  {
    ...fromHistory,
    name: 'content',
    unit: 'quantile',
    source: 'content',
    value: (state, item) => state.calibrated('content', item),
  },
  {
    ...fromHistory,
    name: 'content-relative',
    unit: 'share of the best',
    source: 'content',
    value: (state, item) => state.relative('content', item),
  },
  {
    ...fromHistory,
    name: 'affinity',
    version: 2, // the mean over all attributes of taste
    unit: 'share of taste, 0–1',
    source: 'personal-popular',
    value: (state, item) => state.affinity(item),
  },
  {
    ...fromHistory,
    name: 'personal-popularity',
    unit: 'quantile',
    source: 'personal-popular',
    value: (state, item) => state.calibrated('personal-popularity', item),
  },
]
