import { type Feature, mapped } from './feature.ts'

const fromHistory = { version: 1, default: 0, sees: 'bundle and history', source: 'visitor' } as const

/** What the history says about the visitor: when, how much, how new and how popular. */
export const VISITOR_FEATURES: readonly Feature[] = [
  {
    ...fromHistory,
    name: 'history-length',
    unit: 'log(1 + items)',
    value: (state) => Math.log1p(state.history.length),
  },
  {
    ...fromHistory,
    name: 'history-popularity',
    unit: 'mean log(1 + interactions)',
    value: (state) => state.history.meanLogCount,
  },
  {
    ...fromHistory,
    name: 'history-new',
    unit: 'share of items not older than 60 days',
    value: (state) => state.history.newShare,
  },
  {
    ...fromHistory,
    name: 'history-year',
    unit: 'mean log(1 + years before the latest)',
    value: (state) => mapped(state.history.meanYear, (years) => Math.log1p(Math.max(0, years))),
  },
  {
    ...fromHistory,
    name: 'latest-attention',
    unit: 'log(1 + interactions of the latest item, half-life 7 days)',
    value: (state) => state.history.latestAttention,
  },
  {
    ...fromHistory,
    name: 'recent-attention',
    unit: 'mean log(1 + interactions of the latest three items, half-life 7 days)',
    value: (state) => state.history.recentAttention,
  },
  {
    ...fromHistory,
    name: 'pause',
    unit: 'log(1 + hours since the latest interaction)',
    default: Math.log1p(24 * 30),
    value: (state) => mapped(state.history.pauseHours, Math.log1p),
  },
  {
    ...fromHistory,
    name: 'today',
    unit: 'log(1 + items of the last 24 hours)',
    value: (state) => mapped(state.history.today, Math.log1p),
  },
  {
    ...fromHistory,
    name: 'week',
    unit: 'log(1 + items of the seven days before the latest interaction)',
    value: (state) => mapped(state.history.week, Math.log1p),
  },
]
