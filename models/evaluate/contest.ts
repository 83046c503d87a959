import type { Rung } from '../../shared/bundle/manifest.ts'
import type { Bundle } from '../../shared/bundle/openBundle.ts'
import type { UserHistory } from '../../shared/domain/interaction.ts'
import { historyView } from '../../shared/rank/historyView.ts'
import { beyondAccuracy } from './beyondAccuracy.ts'
import type { Contender, RankedList, RankFor } from './contender.ts'
import type { ItemFacts } from './itemFacts.ts'
import type { ContenderRun, Question, RungRun } from './ladderRun.ts'
import { CUTOFFS } from './metrics.ts'
import { type ExtraMetric, QueryRecorder } from './queryRecorder.ts'

/** What may stand beside a ladder. */
export interface Beside {
  /** Further models, ranked on the same queries. */
  readonly baselines?: readonly Contender[]
  /** For segments and what is measured beyond accuracy; neither without it. */
  readonly facts?: ItemFacts
  /** Metrics besides ours. */
  readonly metrics?: readonly ExtraMetric[]
  /** Item numbers of the evaluated bundle that the rungs may rank; every item without it. */
  readonly only?: ReadonlySet<number> | undefined
  /** Hears every list and who made it. */
  ranked?(asking: Asking, name: string, list: RankedList): void
}

export interface Asking {
  readonly user: number
  readonly history: UserHistory
  /** Ids; those that the catalogue lacks still count as misses. */
  readonly relevant: readonly string[]
  /** Moment of the day that is ranked, ms; 0 without times. */
  readonly at: number
  /** Moment of the question itself, ms; absent without times. */
  readonly now?: number
}

/** One run: the same questions for all contenders, in the same order. */
export class Contest {
  readonly #bundle: Bundle
  readonly #beside: Beside
  readonly #entries: { contender: Contender; recorder: QueryRecorder; rank: RankFor }[]
  readonly #rungs: number
  readonly #users = new Map<number, number>()
  readonly #userOf: number[] = []
  readonly #dayOf: number[] = []
  readonly #questions: Question[] = []
  #today: Bundle
  #day = -1

  constructor(bundle: Bundle, rungs: readonly (Contender & { readonly rung: Rung })[], beside: Beside = {}) {
    this.#bundle = bundle
    this.#today = bundle
    this.#beside = beside
    this.#rungs = rungs.length
    const refuse: RankFor = () => {
      throw new Error('A contest needs a day before its first question.')
    }
    this.#entries = [...rungs, ...(beside.baselines ?? [])].map((contender) => ({
      contender,
      recorder: new QueryRecorder(beside.metrics),
      rank: refuse,
    }))
  }

  /** Starts a day: all contenders get its popularity. */
  on(today: Bundle): void {
    this.#today = today
    this.#day++
    for (const entry of this.#entries) entry.rank = entry.contender.on(today)
  }

  ask(asking: Asking): void {
    const { user, history, relevant, at, now } = asking
    const depth = Math.max(...CUTOFFS)
    // An item nobody can rank gets a number of its own, so that it stays in the denominators.
    const numbers = relevant.map((id, r) => this.#today.numberOf.get(id) ?? -2 - r)
    const wanted = new Set(numbers)
    const view = historyView(this.#today, history, now)
    for (const { contender, recorder, rank } of this.#entries) {
      const start = performance.now()
      const list = rank({ history, view, ...(now === undefined ? {} : { now }) }, depth)
      recorder.add(list.items, wanted, performance.now() - start)
      this.#beside.ranked?.(asking, contender.name, list)
    }
    if (!this.#users.has(user)) this.#users.set(user, this.#users.size)
    this.#userOf.push(this.#users.get(user)!)
    this.#dayOf.push(Math.max(0, this.#day))
    this.#questions.push({ length: view.length, relevant: numbers, at })
  }

  finish(): {
    rungs: RungRun[]
    baselines: ContenderRun[]
    userOf: Int32Array
    dayOf: Int32Array
    questions: Question[]
    facts?: ItemFacts
  } {
    const items = this.#bundle.popularity.count.length
    const { facts } = this.#beside
    const userOf = Int32Array.from(this.#userOf)
    const runs = this.#entries.map(({ contender, recorder }) => {
      const recorded = recorder.finish(items)
      const beyond =
        facts && recorded.top
          ? beyondAccuracy(recorded.top, { userOf, facts, content: this.#bundle.content })
          : {}
      const { on: _, ...who } = contender
      return { ...who, ...recorded, totals: { ...recorded.totals, ...beyond } }
    })
    return {
      rungs: runs.slice(0, this.#rungs) as (ContenderRun & { rung: Rung })[],
      baselines: runs.slice(this.#rungs),
      userOf,
      dayOf: Int32Array.from(this.#dayOf),
      questions: this.#questions,
      ...(facts ? { facts } : {}),
    }
  }
}
