import type { SurfaceResult } from '../../shared/bundle/evaluation.ts'
import type { Evaluation } from '../../shared/bundle/manifest.ts'
import { type Bundle, withPopularity } from '../../shared/bundle/openBundle.ts'
import { DAY_MS } from '../../shared/domain/clock.ts'
import type { UserHistory } from '../../shared/domain/interaction.ts'
import { createRecommender } from '../../shared/rank/recommend.ts'
import { seededRandom, shuffle } from '../random.ts'
import type { FoldInQuery } from '../split/foldInSplits.ts'
import type { RankerDay } from '../train/replayedSlates.ts'
import { forYouSurface } from './forYouSurface.ts'
import { simpleLists } from './simpleLists.ts'
import { type Asked, surfaceVerdict } from './surfaceVerdict.ts'

const DEPTH = 10
/** Questions a surface, drawn at random where there are more: enough for a difference of two percent, and done in seconds. */
export const SURFACE_SAMPLE = 2000

type MeasuredSurface = 'similar' | 'because' | 'trending' | 'popular' | 'new'
/** As the surface itself means it. */
const NEW_DAYS = 30

interface SurfaceRule {
  readonly surface: MeasuredSurface
  readonly measure: string
  readonly simple: keyof ReturnType<typeof simpleLists>
  readonly baseline: string
  /** Whether lists of the day are what is measured: nothing to ask where the data has no times. */
  readonly timed: boolean
}

const ASKED_OF_LISTS = "hit@10 of the day's list on the day's choices"
const TODAY = 'what is popular on the day'
const ALL_TIME = 'all-time counts'
const RULES: readonly SurfaceRule[] = [
  {
    surface: 'similar',
    measure: 'hit@10 of the next choice, given the item before it',
    simple: 'popular',
    baseline: TODAY,
    timed: false,
  },
  {
    surface: 'because',
    measure: 'hit@10 of the next choice, given the latest item that has neighbours',
    simple: 'popular',
    baseline: TODAY,
    timed: false,
  },
  { surface: 'trending', measure: ASKED_OF_LISTS, simple: 'allTime', baseline: ALL_TIME, timed: true },
  { surface: 'popular', measure: ASKED_OF_LISTS, simple: 'allTime', baseline: ALL_TIME, timed: true },
  {
    surface: 'new',
    measure: "hit@10 of the day's list on choices of items at most 30 days old",
    simple: 'latest',
    baseline: 'the newest by date alone',
    timed: true,
  },
]

interface Question {
  readonly day: number
  readonly user: number
  readonly history: UserHistory
  readonly relevant: readonly string[]
  /** The moment on the clock of the history, ms. */
  readonly now: number
}

/**
 * The evaluation with every surface judged by itself on the replayed days, each day with the popularity of its midnight.
 * @param seed draws the questions and the resamples
 */
export function withSurfaces(
  evaluation: Evaluation,
  bundle: Bundle,
  days: readonly RankerDay[],
  seed: number,
): Evaluation {
  const today = days.map(({ popularity }) => withPopularity(bundle, popularity))
  const questions = days.flatMap(({ events, midnight }, day) =>
    events.map(
      ({ user, history, target, at }): Question => ({
        day,
        user,
        history,
        relevant: [target],
        now: at ?? midnight,
      }),
    ),
  )
  return { ...evaluation, surfaces: judged(evaluation, today, questions, true, seed) }
}

/** The same for data without times: there is one list for all questions, so only what starts from an item is measured. */
export function withTimelessSurfaces(
  evaluation: Evaluation,
  bundle: Bundle,
  queries: readonly FoldInQuery[],
  seed: number,
): Evaluation {
  const questions = queries.map((query) => ({ ...query, day: 0, now: query.history.at(-1)?.at ?? 0 }))
  return { ...evaluation, surfaces: judged(evaluation, [bundle], questions, false, seed) }
}

function judged(
  evaluation: Evaluation,
  bundles: readonly Bundle[],
  questions: readonly Question[],
  daily: boolean,
  seed: number,
): SurfaceResult[] {
  const order = shuffle(Array.from(questions.keys()), seededRandom(seed))
  const drawn = RULES.map(({ surface, timed }) =>
    timed && !daily ? [] : draw(surface, order, questions, bundles),
  )
  const asked = RULES.map((): Asked[] => [])
  for (const [day, bundle] of bundles.entries()) {
    const hits = hitsOn(bundle)
    for (const [r, rule] of RULES.entries())
      for (const question of drawn[r]!) if (question.day === day) asked[r]!.push(...hits(rule, question))
  }
  const others = RULES.map(({ surface, measure, baseline, timed }, r) =>
    timed && !daily
      ? surfaceVerdict({ surface, measure, baseline }, null, daily, seed)
      : surfaceVerdict({ surface, measure, baseline }, asked[r]!, daily, seed),
  )
  return [forYouSurface(evaluation), ...others]
}

/** The first of a random order that the surface can be asked, again in the order of days. */
function draw(
  surface: MeasuredSurface,
  order: readonly number[],
  questions: readonly Question[],
  bundles: readonly Bundle[],
): Question[] {
  const drawn: number[] = []
  for (const q of order) {
    if (drawn.length === SURFACE_SAMPLE) break
    const question = questions[q]!
    if (canAsk(surface, question, bundles[question.day]!)) drawn.push(q)
  }
  return drawn.sort((a, b) => a - b).map((q) => questions[q]!)
}

function canAsk(surface: MeasuredSurface, { history, relevant }: Question, bundle: Bundle): boolean {
  if (surface === 'similar') return bundle.numberOf.has(history.at(-1)?.item ?? '')
  if (surface === 'because') return history.length > 0
  return surface !== 'new' || relevant.some((id) => isNew(bundle, id))
}

/** Whether an item has a day at most 30 days before the moment of the popularity, as the device would know it. */
function isNew({ numberOf, firstDay, popularity }: Bundle, id: string): boolean {
  const day = firstDay[numberOf.get(id) ?? -1] ?? -1
  const age = Math.floor(popularity.asOf / DAY_MS) - day
  return day >= 0 && age >= 0 && age <= NEW_DAYS
}

/**
 * Hits of a surface and of its simple list on one question, the visitor's own items masked in both. Nothing where *because*
 * finds no item to start from, and so is not shown. An item without anything similar is a miss.
 */
function hitsOn(bundle: Bundle): (rule: SurfaceRule, question: Question) => Asked[] {
  const recommender = createRecommender(bundle)
  const lists = simpleLists(recommender)
  return ({ surface, simple }, { day, user, history, relevant, now }) => {
    const query = { history, now, k: DEPTH }
    const item = surface === 'similar' ? { item: history.at(-1)!.item } : {}
    const slate = recommender.recommend({ ...query, surface, ...item })
    if (surface === 'because' && slate.seed === undefined) return []
    const hit = (ids: readonly string[]) => (ids.some((id) => relevant.includes(id)) ? 1 : 0)
    const value = hit(slate.items.map((shown) => shown.item))
    return [{ day, user, value, simple: hit(lists[simple](query)) }]
  }
}
