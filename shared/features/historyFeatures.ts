import type { Feature } from './feature.ts'
import { SPANNED, SPANS, type Span, type SpannedGenerator } from './queryState.ts'

const learned = { version: 1, type: 'share', default: 0, sees: ['generators', 'history'] } as const
const ofTaste = { ...learned, sees: ['catalogue', 'history'] } as const

const spanned = (generator: SpannedGenerator, span: Span): Feature => ({
  ...learned,
  name: `${generator}-${span}`,
  unit: `of the best candidate, ${span} memory`,
  sees: ['generators', 'history', 'catalogue', 'popularity'], // the best among candidates of all generators
  source: generator,
  value: (state, item) => state.spanned(generator, span, item),
})

/** What the history says about an item. */
export const HISTORY_FEATURES: readonly Feature[] = [
  {
    ...learned,
    name: 'collaborative',
    type: 'quantile',
    unit: 'among scores of replayed slates',
    source: 'collaborative',
    value: (state, item) => state.calibrated('collaborative', item),
  },
  {
    ...learned,
    name: 'collaborative-relative',
    unit: 'of the best score in this query',
    source: 'collaborative',
    value: (state, item) => state.relative('collaborative', item),
  },
  {
    ...learned,
    name: 'transitions',
    type: 'quantile',
    unit: 'among scores of replayed slates',
    source: 'transitions',
    value: (state, item) => state.calibrated('transitions', item),
  },
  {
    ...learned,
    name: 'transitions-relative',
    unit: 'of the best score in this query',
    source: 'transitions',
    value: (state, item) => state.relative('transitions', item),
  },
  ...SPANNED.flatMap((generator) => SPANS.map((span) => spanned(generator, span))),
  {
    ...ofTaste,
    name: 'content',
    type: 'quantile',
    unit: 'among scores of replayed slates',
    sees: ['catalogue', 'generators', 'history'],
    source: 'content',
    value: (state, item) => state.calibrated('content', item),
  },
  {
    ...ofTaste,
    name: 'content-relative',
    unit: 'of the best score in this query',
    source: 'content',
    value: (state, item) => state.relative('content', item),
  },
  {
    ...ofTaste,
    name: 'affinity',
    version: 2, // the mean over all attributes of taste
    unit: 'of the visitor’s taste',
    source: 'personal-popular',
    value: (state, item) => state.affinity(item),
  },
  {
    ...ofTaste,
    name: 'personal-popularity',
    type: 'quantile',
    unit: 'among scores of replayed slates',
    sees: ['catalogue', 'popularity', 'generators', 'history'],
    source: 'personal-popular',
    value: (state, item) => state.calibrated('personal-popularity', item),
  },
]
