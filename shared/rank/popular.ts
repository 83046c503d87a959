import type { Bundle } from '../bundle/openBundle.ts'
import { CODE_MAX, decodeCount } from '../bundle/popularityFile.ts'
import { DAY_MS } from '../domain/clock.ts'
import type { Excluded } from './generator.ts'
import { TopK } from './topK.ts'

/** Decayed count of an item for one of the half-lives; its all-time count for −1, mean rating (0–1) for −2, trend for −3. */
export function countOf(bundle: Bundle, halfLife: number): (item: number) => number {
  const { popularity } = bundle
  if (halfLife === -3) return trendOf(bundle)
  if (halfLife === -2) return (item) => (popularity.mean[item] ?? 0) / CODE_MAX
  if (halfLife < 0 || halfLife >= popularity.halfLives.length) {
    return (item) => decodeCount(popularity.count[item]!, popularity.countMax)
  }
  const start = halfLife * popularity.count.length
  const max = popularity.decayedMax[halfLife]!
  return (item) => decodeCount(popularity.decayed[start + item]!, max)
}

/** What this bundle means by "popular". */
export function popularCount(bundle: Bundle): (item: number) => number {
  return countOf(bundle, bundle.manifest.profile.popularHalfLife)
}

/** The first `length` items by popularity, ties by item number. Lists are made once a bundle, then filtered. */
export function popularList(bundle: Bundle, halfLife: number, length: number): Int32Array {
  const count = countOf(bundle, halfLife)
  const best = new TopK(Math.min(length, bundle.items))
  for (let i = 0; i < bundle.items; i++) {
    const score = count(i)
    if (score > 0 && score >= best.threshold) best.offer(i, score)
  }
  return best.drain().items
}

/** Items whose recent share of attention most exceeds their usual one. */
export function trendingList(bundle: Bundle, length: number): Int32Array {
  const ratio = trendOf(bundle)
  const best = new TopK(Math.min(length, bundle.items))
  for (let i = 0; i < bundle.items; i++) {
    const score = ratio(i)
    if (score > 0 && score >= best.threshold) best.offer(i, score)
  }
  return best.drain().items
}

/** The catalogue's latest year, but never one that lies ahead of the data: one wrong year must not make all others old. */
export function latestYearOf({ year, popularity }: Bundle): number {
  const latest = year.reduce((max, y) => Math.max(max, y), 0)
  return popularity.asOf > 0 ? Math.min(latest, new Date(popularity.asOf).getUTCFullYear()) : latest
}

/** Whether an item cannot be had yet at the moment of the bundle's popularity. */
export function isUnreleased({ firstDay, popularity }: Bundle): (item: number) => boolean {
  const today = popularity.asOf > 0 ? Math.floor(popularity.asOf / DAY_MS) : Number.POSITIVE_INFINITY
  return (item) => firstDay[item]! > today
}

/** Every item: by popularity, then by all-time count, then by number. What follows where a shorter list runs dry. */
export function popularOrder(bundle: Bundle): Int32Array {
  const count = popularCount(bundle)
  const total = countOf(bundle, -1)
  const popular = Float64Array.from({ length: bundle.items }, (_, i) => count(i))
  const all = Float64Array.from({ length: bundle.items }, (_, i) => total(i))
  return Int32Array.from(popular.keys()).sort(
    (a, b) => popular[b]! - popular[a]! || all[b]! - all[a]! || a - b,
  )
}

/** Items not older than this are new; the most wanted of them come first. */
const NEW_DAYS = 30

/**
 * New items: those of the last 30 days by popularity, then the others by falling day. An item whose own year lies further
 * back than the last is no novelty, however late somebody first looked at it. Ties by number. What an overlay has added is
 * new by its owner's word, but nobody can have chosen it yet: it takes every other place.
 */
export function newestList(bundle: Bundle, length: number): Int32Array {
  const count = popularCount(bundle)
  const since = Math.floor(bundle.popularity.asOf / DAY_MS) - NEW_DAYS
  const latestYear = latestYearOf(bundle)
  const day = (i: number) => bundle.firstDay[i]!
  const old = (i: number) => bundle.year[i] !== 0 && bundle.year[i]! < latestYear - 1
  const dated: number[] = []
  const own = bundle.items - bundle.added
  for (let i = 0; i < own; i++) if (day(i) >= 0 && !old(i)) dated.push(i)
  const fresh = dated
    .filter((i) => day(i) >= since)
    .sort((a, b) => count(b) - count(a) || day(b) - day(a) || a - b)
  const rest = dated
    .filter((i) => day(i) < since)
    .sort((a, b) => day(b) - day(a) || count(b) - count(a) || a - b)
  const list = [...fresh, ...rest]
  for (let a = 0; a < bundle.added; a++) list.splice(2 * a, 0, own + a)
  return Int32Array.from(list.slice(0, length))
}

/** Share of the busiest item's usual attention that every item is assumed to have: one visit to a forgotten item is no trend. */
const TREND_PRIOR = 0.1

/**
 * Trend: √s · (s + p) / (l + p), with s and l an item's recent and usual interactions a day: the decayed counts of the
 * shortest half-life ≥ 1 day and of the longest ≤ 30 days over their mean lifetimes (halfLife / ln 2), and p a prior. The
 * ratio says how much attention has grown; √s lets size count too.
 */
export function trendOf(bundle: Bundle): (item: number) => number {
  const { halfLives, decayedMax } = bundle.popularity
  const short = halfLives.findIndex((h) => h >= 1)
  const long = halfLives.findLastIndex((h) => h <= 30)
  if (short < 0 || long < 0 || short >= long) return () => 0
  const recent = countOf(bundle, short)
  const usual = countOf(bundle, long)
  const perDayShort = Math.LN2 / halfLives[short]!
  const perDayLong = Math.LN2 / halfLives[long]!
  const prior = TREND_PRIOR * decayedMax[long]! * perDayLong
  if (prior === 0) return () => 0
  return (item) => {
    const s = recent(item) * perDayShort
    return (Math.sqrt(s) * (s + prior)) / (usual(item) * perDayLong + prior)
  }
}

/** The first k of a list that are not excluded. */
export function firstOf(list: Iterable<number>, k: number, excluded: Excluded): Int32Array {
  const kept: number[] = []
  for (const item of list) {
    if (kept.length === k) break
    if (!excluded(item)) kept.push(item)
  }
  return Int32Array.from(kept)
}
