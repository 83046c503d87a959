import { ForYouError } from '../../shared/domain/errors.ts'
import type { Dataset } from '../dataset.ts'
import { seededRandom, shuffle } from '../random.ts'
import type { Settings } from '../settings.ts'
import { cutsOf } from '../split/cuts.ts'
import { type FoldInQuery, lastOut, strongGeneralisation } from '../split/foldInSplits.ts'
import { before } from '../split/slice.ts'

interface DailyProblem {
  readonly kind: 'daily'
  /** Nothing in it is at or after `end`. */
  readonly data: Dataset
  /** ms: generators and ranker end here … */
  readonly cut: number
  /** … and the days from there to here are ranked. */
  readonly end: number
}

export interface FoldInProblem {
  readonly kind: 'fold-in'
  readonly protocol: string
  readonly data: Dataset
  readonly queries: readonly (FoldInQuery & { readonly name?: string })[]
}

/** What settings are measured on: what may be known, and what is asked. Plain data, so that it can cross to a thread. */
export type Problem = DailyProblem | FoldInProblem

/** Users that a search asks at the most: more make its intervals narrower than what it looks for. */
const MAX_QUERIES = 6000

/** The question of `foryou train`'s evaluation. Settings are never chosen on it. */
export function testProblem(dataset: Dataset, settings: Settings): Problem {
  if (dataset.order === 'time') {
    const { cut, testEnd } = cutsOf(dataset, settings)
    return { kind: 'daily', data: before(dataset, testEnd), cut, end: testEnd }
  }
  return foldIn(dataset, settings.seed)
}

/**
 * The question that settings are chosen on: the days before the evaluation's cut with an earlier cut, the item before the last,
 * or other users than the evaluation's.
 * @throws ForYouError `leak` if anything of the evaluation were in it
 */
export function validationProblem(dataset: Dataset, settings: Settings, maxQueries = MAX_QUERIES): Problem {
  const known = knownBeforeTest(dataset, settings)
  assertUntouched(dataset, known, settings)
  if (dataset.order === 'time') {
    const { cut, testEnd } = cutsOf(known, settings)
    return { kind: 'daily', data: before(known, testEnd), cut, end: testEnd }
  }
  const problem = foldIn(known, settings.seed + 1)
  const order = shuffle(Array.from(problem.queries.keys()), seededRandom(settings.seed))
  const asked = order.slice(0, maxQueries).sort((a, b) => a - b)
  return { ...problem, queries: asked.map((q) => problem.queries[q]!) }
}

function knownBeforeTest(dataset: Dataset, settings: Settings): Dataset {
  if (dataset.order === 'time') return before(dataset, cutsOf(dataset, settings).cut)
  return (dataset.order === 'sequence' ? lastOut(dataset) : strongGeneralisation(dataset, settings.seed))
    .training
}

/** Last items where there is an order, else unseen users. */
export function foldIn(dataset: Dataset, seed: number): FoldInProblem {
  const { protocol, training, queries } =
    dataset.order === 'sequence' ? lastOut(dataset) : strongGeneralisation(dataset, seed)
  return { kind: 'fold-in', protocol, data: training, queries }
}

/**
 * Nothing of the evaluation may be seen while settings are chosen: no interaction of its days, no last item that it asks for,
 * no user that it asks.
 * @throws ForYouError `leak`
 */
export function assertUntouched(dataset: Dataset, known: Dataset, settings: Settings): void {
  if (dataset.order === 'time') {
    const { cut } = cutsOf(dataset, settings)
    if (known.times.some((time) => time >= cut)) throw leak('an interaction of the evaluation’s days')
    return
  }
  const test = foldIn(dataset, settings.seed)
  for (const { user, relevant } of test.queries) {
    const rows = known.items.subarray(known.offsets[user]!, known.offsets[user + 1]!)
    if (dataset.order === 'none' && rows.length > 0) throw leak('a user of the evaluation')
    if (rows.some((item) => relevant.includes(known.catalogue[item]!.id)))
      throw leak('an item that the evaluation asks for')
  }
}

function leak(what: string): ForYouError {
  return new ForYouError('leak', `Tuning would have seen ${what}.`)
}
