import { type Feature, mapped } from './feature.ts'

const fromHistory = { version: 1, type: 'log', default: 0, source: 'visitor' } as const

/** What the history says about the visitor: when, how much, how new and how popular. */
export const VISITOR_FEATURES: readonly Feature[] = [
  {
    ...fromHistory,
    name: 'history-length',
    unit: 'distinct items of the history',
    sees: ['history'],
    value: (state) => Math.log1p(state.history.length),
  },
  {
    ...fromHistory,
    name: 'history-popularity',
    version: 2, // over the typical, as the features of the item
    earlier: [1],
    unit: 'of its items: count, mean log',
    sees: ['popularity', 'generators', 'history'],
    value: (state) => state.history.meanLogCount,
  },
  {
    ...fromHistory,
    name: 'history-new',
    type: 'share',
    unit: 'of its items not older than 60 days',
    sees: ['catalogue', 'popularity', 'history'],
    value: (state) => state.history.newShare,
  },
  {
    ...fromHistory,
    name: 'history-year',
    unit: 'mean years before the catalogue’s latest',
    sees: ['catalogue', 'popularity', 'history'],
    value: (state) => mapped(state.history.meanYear, (years) => Math.log1p(Math.max(0, years))),
  },
  {
    ...fromHistory,
    name: 'latest-attention',
    version: 2, // over the typical, as the features of the item
    earlier: [1],
    unit: 'of its latest item: popular-7d',
    sees: ['popularity', 'generators', 'history'],
    value: (state) => state.history.latestAttention,
  },
  {
    ...fromHistory,
    name: 'recent-attention',
    version: 2, // over the typical, as the features of the item
    earlier: [1],
    unit: 'of its latest three: popular-7d, mean log',
    sees: ['popularity', 'generators', 'history'],
    value: (state) => state.history.recentAttention,
  },
  {
    ...fromHistory,
    name: 'pause',
    unit: 'hours since the latest interaction',
    sees: ['history', 'now'],
    default: Math.log1p(24 * 30),
    value: (state) => mapped(state.history.pauseHours, Math.log1p),
  },
  {
    ...fromHistory,
    name: 'today',
    unit: 'items of the last 24 hours',
    sees: ['history', 'now'],
    value: (state) => mapped(state.history.today, Math.log1p),
  },
  {
    ...fromHistory,
    name: 'week',
    unit: 'items of the week up to the latest one',
    sees: ['history'],
    value: (state) => mapped(state.history.week, Math.log1p),
  },
]
