import { fitStage, openStage, type Stage } from '../build/stage.ts'
import type { Dataset } from '../dataset.ts'
import { rankQueries } from '../evaluate/rankQueries.ts'
import { brotliBytes } from '../evaluate/rungCosts.ts'
import type { Progress } from '../progress.ts'
import { seededRandom, shuffle } from '../random.ts'
import type { Settings } from '../settings.ts'
import { type FoldInQuery, lastOut } from '../split/foldInSplits.ts'
import { chooseTransitions, type NextItem } from './chooseTransitions.ts'

/** Decays of the history, and weights of the table beside the neighbours, that validation chooses among. */
const DECAYS = [0.5, 0.7, 0.8, 0.9, 1]
const TABLE_WEIGHTS = [0, 0.1, 0.3, 1, 3] as const
const VALIDATION_USERS = 3000
/** Ranking through a bundle costs more than counting votes: fewer users choose the weight of the table. */
const RANKED_USERS = 1000
/** Fewer users than this choose nothing. */
const MIN_VALIDATION_USERS = 100

/** Bytes over the wire that lists and table may take together. */
const BUDGET = { perItem: 42, atLeast: 400_000 }
/** From the most generous on. A large sparse catalogue gives its bytes to lists before it gives them to a table. */
const LENGTHS = [
  { transitions: 50, neighbours: 50, table: true },
  { transitions: 40, neighbours: 30, table: true },
  { transitions: 30, neighbours: 20, table: true },
  { transitions: 25, neighbours: 10, table: true },
  { transitions: 20, neighbours: 10, table: false },
  { transitions: 15, neighbours: 5, table: false },
  { transitions: 12, neighbours: 5, table: false },
  { transitions: 10, neighbours: 5, table: false },
] as const
/** Bytes of lists grow slower than their length: entries of long lists lie closer together. */
const GROWTH = 0.75

export type SequenceSettings = Pick<Settings, 'decay' | 'tableWeight' | 'neighbours' | 'transitions'>

/**
 * What sequences choose on the item before the last, by NDCG@10: how transitions count, each generator's own decay, the weight of
 * the table, and the longest lists that the byte budget allows. The given settings where there is nobody to ask.
 */
export async function chooseSequenceSettings(
  training: Dataset,
  given: Settings,
  progress: Progress,
): Promise<SequenceSettings> {
  const validation = lastOut(training)
  const queries = shuffle(validation.queries.slice(), seededRandom(given.seed)).slice(0, VALIDATION_USERS)
  if (queries.length < MIN_VALIDATION_USERS) return given
  const known = validation.training
  progress(`choosing settings on the item before the last of ${queries.length} users`)
  const { transitions, ndcg } = chooseTransitions(known, nextItems(known, queries, given), given)
  const { lookahead, reach, backward, source, target, decay } = transitions
  progress(
    `transitions ${lookahead} ahead × ${reach}, ${backward} back, damping ${source} / ${target}, decay ${decay} ` +
      `(validation NDCG@10 ${ndcg.toFixed(4)})`,
  )
  const settings = { ...given, transitions, tableWeight: 1 }
  const stage = fitStage(known, settings, 0)
  const weighted = await chooseWeights(known, stage, queries, given)
  const sizes = affordableLengths(stage, settings, weighted.tableWeight)
  progress(
    `decay ${weighted.decay}, table weight ${sizes.tableWeight}; ` +
      `${sizes.transitions.length} transitions and ${sizes.neighbours.length} neighbours an item`,
  )
  return { ...weighted, ...sizes }
}

/** Decay of the history and weight of the table for the collaborative generator. */
async function chooseWeights(
  training: Dataset,
  stage: Stage,
  queries: readonly FoldInQuery[],
  given: Settings,
): Promise<Pick<Settings, 'decay' | 'tableWeight'>> {
  let best = { decay: given.decay, tableWeight: given.tableWeight, ndcg: -1 }
  const ask = async (decay: number, tableWeight: number) => {
    const profile = { ...stage.profile, decay, tableWeight: stage.profile.tableWeight * tableWeight }
    const bundle = await openStage(training, { ...stage, profile }, 'collaborative')
    const means = await rankQueries(bundle, queries.slice(0, RANKED_USERS), ['collaborative'])
    const ndcg = means['table-neighbours']!['ndcg@10']!
    if (ndcg > best.ndcg) best = { decay, tableWeight, ndcg }
  }
  for (const decay of DECAYS) await ask(decay, TABLE_WEIGHTS[2])
  for (const tableWeight of TABLE_WEIGHTS)
    if (tableWeight !== TABLE_WEIGHTS[2]) await ask(best.decay, tableWeight)
  return { decay: best.decay, tableWeight: best.tableWeight }
}

/** The most generous lengths whose bytes, reckoned from those of a fitted stage, stay inside the budget. */
function affordableLengths(stage: Stage, { transitions, neighbours }: Settings, tableWeight: number) {
  const bytes = (part: string) =>
    [...stage.blobs].reduce(
      (sum, [role, blob]) => sum + (role.startsWith(`${part}/`) ? brotliBytes(blob) : 0),
      0,
    )
  const budget = Math.max(BUDGET.atLeast, BUDGET.perItem * stage.order.indexOf.length)
  const needs = (length: number, fitted: number, part: string) => bytes(part) * (length / fitted) ** GROWTH
  const table = tableWeight > 0 ? bytes('table') : 0
  const fits = (lengths: (typeof LENGTHS)[number]) =>
    needs(lengths.transitions, transitions.length, 'transitions') +
      needs(lengths.neighbours, neighbours.length, 'neighbours') +
      (lengths.table ? table : 0) <=
    budget
  const chosen = LENGTHS.find(fits) ?? LENGTHS.at(-1)!
  return {
    tableWeight: chosen.table ? tableWeight : 0,
    transitions: { ...transitions, length: chosen.transitions },
    neighbours: { ...neighbours, length: chosen.neighbours },
  }
}

/** Queries as dataset indexes: distinct items, latest first. */
function nextItems(training: Dataset, queries: readonly FoldInQuery[], given: Settings): NextItem[] {
  const indexOf = new Map(training.catalogue.map(({ id }, i) => [id, i]))
  return queries.map(({ user, relevant }) => {
    const rows = training.items.subarray(training.offsets[user]!, training.offsets[user + 1]!)
    const history = [...new Set(Array.from(rows).reverse())].slice(0, given.historyLength)
    return { history: Int32Array.from(history), next: indexOf.get(relevant[0]!) ?? -1 }
  })
}
