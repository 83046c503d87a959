import type { Dataset } from '../dataset.ts'
import type { Progress } from '../progress.ts'
import type { Settings } from '../settings.ts'
import type { Journal } from './journal.ts'
import { validationProblem } from './problem.ts'
import { proposal } from './proposals.ts'
import {
  type Budgets,
  type Measure,
  type Measured,
  type Rejected,
  smallestWithinOneError,
  successiveHalving,
  type Trial,
} from './successiveHalving.ts'
import { openTrialThreads } from './trialThreads.ts'

export interface TuneOptions {
  /** Settings that a trial is compared with, trial 0: what training would use now. */
  readonly base: Settings
  readonly trials: number
  readonly budgets: Budgets
  readonly journal: Journal
  readonly progress: Progress
  readonly threads?: number
}

export interface Tuned {
  /** `null` where no trial stayed within the budgets. */
  readonly chosen: Measured | null
  readonly best: Measured | null
  /** Everything measured on the whole validation, best first. */
  readonly finalists: readonly Measured[]
  readonly rejected: readonly Rejected[]
}

/** Share of the trials that the second search, around the best of the first, gets. */
const SECOND = 1 / 3
const PARENTS = 3

/**
 * Two rounds of successive halving: over the whole space and around the base, then around the best of the first round. Every
 * trial is a function of seed, number and earlier results, so an interrupted search goes on where it was.
 */
export async function tuneSettings(dataset: Dataset, options: TuneOptions): Promise<Tuned> {
  const { base, budgets, journal, progress, threads } = options
  const problem = validationProblem(dataset, base)
  const pool = openTrialThreads(problem, threads)
  const second = options.trials >= 12 ? Math.floor(options.trials * SECOND) : 0
  const first = options.trials - second
  try {
    const measure = measuring(pool.measure, journal, progress)
    const trials: Trial[] = Array.from({ length: first }, (_, number) => ({
      number,
      settings: number === 0 ? base : proposal(dataset.order, [base], number),
    }))
    const one = await successiveHalving(trials, budgets, measure('first round'), new Set([0]))
    const parents = [base, ...one.finalists.slice(0, PARENTS).map(({ settings }) => settings)]
    const more: Trial[] = Array.from({ length: second }, (_, t) => ({
      number: first + t,
      settings: proposal(dataset.order, parents, first + t, false),
    }))
    const two = second > 0 ? await successiveHalving(more, budgets, measure('second round'), new Set()) : none
    const finalists = [...one.finalists, ...two.finalists].sort(
      (a, b) => b.result.ndcg - a.result.ndcg || a.number - b.number,
    )
    return {
      chosen: smallestWithinOneError(finalists),
      best: finalists[0] ?? null,
      finalists,
      rejected: [...one.rejected, ...two.rejected],
    }
  } finally {
    await pool.close()
  }
}

const none = { finalists: [], rejected: [] } as const

/** Measures what the journal does not know yet, and writes it there. */
function measuring(
  run: ReturnType<typeof openTrialThreads>['measure'],
  journal: Journal,
  progress: Progress,
): (round: string) => Measure {
  return (round) => async (trials, share) => {
    const open = trials.filter(({ number }) => journal.find(number, share) === undefined)
    const step = `${round}: ${trials.length} settings on ${Math.round(100 * share)} % of the validation`
    let done = trials.length - open.length
    progress(step, { done, of: trials.length })
    await run(
      open.map(({ settings }) => ({ settings, share })),
      (job, result) => {
        const { number, settings } = open[job]!
        journal.add({ trial: number, share, settings, result })
        progress(step, { done: ++done, of: trials.length })
      },
    )
    return trials.map(({ number }) => journal.find(number, share)!.result)
  }
}
