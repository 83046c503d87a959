/** Candidate generators whose scores depend on the history. */
export const PERSONAL_GENERATORS = [
  'collaborative',
  'neighbours',
  'transitions',
  'content',
  'personal-popularity',
] as const
export type PersonalGenerator = (typeof PERSONAL_GENERATORS)[number]

/**
 * Generators that say the same to everybody: what the bundle calls popular (where its half-life is none of the following),
 * decayed counts by half-life in days, all-time counts, recent over usual attention, new items.
 */
export const LIST_GENERATORS = [
  'popular',
  'popular-0.5d',
  'popular-1d',
  'popular-3d',
  'popular-7d',
  'popular-30d',
  'popular-ever',
  'trending',
  'fresh',
] as const
export type ListGenerator = (typeof LIST_GENERATORS)[number]

export const GENERATORS = [...PERSONAL_GENERATORS, ...LIST_GENERATORS] as const
export type GeneratorName = (typeof GENERATORS)[number]
