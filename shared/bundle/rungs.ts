/** The rungs of the ladder, lowest first. What ships on `for-you` is the highest that beat every rung below. */
export const RUNGS = [
  'popularity',
  'personal-popularity',
  'content',
  'collaborative',
  'transitions',
  'ranker',
] as const
export type Rung = (typeof RUNGS)[number]
