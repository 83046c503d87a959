import type { Rung } from '../../shared/bundle/manifest.ts'
import type { ContenderFacts } from './contender.ts'
import type { ItemFacts } from './itemFacts.ts'
import type { Recorded } from './queryRecorder.ts'

/** What one rung did on every query, in the same order for all rungs: comparisons are paired. */
export interface RungRun extends Recorded {
  readonly rung: Rung
  readonly model: string
  readonly bytes: number
  readonly trainSeconds: number
}

/** The same for a model beside the ladder. */
export interface ContenderRun extends Recorded, ContenderFacts {}

/** A query as segments see it. */
export interface Question {
  /** Distinct items of the history. */
  readonly length: number
  /** Item numbers; negative for what the catalogue lacks. */
  readonly relevant: readonly number[]
  /** Moment of the day that is ranked, ms; 0 without times. */
  readonly at: number
}

export interface LadderRun {
  readonly protocol: string
  /** Whether queries come in daily windows, so that days can be resampled too. */
  readonly daily: boolean
  readonly rungs: readonly RungRun[]
  readonly baselines?: readonly ContenderRun[]
  /** query → user, dense from 0 */
  readonly userOf: Int32Array
  /** query → day, dense from 0; one day where the protocol has none */
  readonly dayOf: Int32Array
  readonly questions?: readonly Question[]
  readonly facts?: ItemFacts
}
