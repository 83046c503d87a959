import type { Comparison } from '../../shared/bundle/evaluation.ts'
import type { Evaluation, Manifest, Rung } from '../../shared/bundle/manifest.ts'
import type { Timings } from '../evaluate/ladder.ts'
import type { DataQuality } from '../quality/dataQuality.ts'
import type { CodeVersion } from '../runs/runRecord.ts'
import type { ExampleSlates } from './exampleSlates.ts'

export type Metrics = Readonly<Record<string, number>>

/** What a training report says beside its evaluation. Older ones lack some of it: a card says so instead of guessing. */
interface Beside {
  readonly timings?: Timings
  readonly oracleNdcg?: number | null
  readonly notes?: readonly string[]
  readonly dataQuality?: DataQuality
  readonly made?: Made
}

/** How a report came to be. */
export interface Made {
  readonly command: string
  readonly settings: object
  readonly code: CodeVersion
}

/** `report.json`, as far as a card reads it. */
export type CardReport = Evaluation & Beside

/** All that a model card shows. */
export interface CardFacts {
  readonly report: CardReport
  /** Of the release bundle. */
  readonly manifest: Manifest
  readonly hash: string
  readonly examples: ExampleSlates
}

/** A model as tables and plots show it: a rung of the ladder, or a baseline beside it. */
export interface CardModel {
  readonly name: string
  readonly model: string
  readonly rung: Rung | null
  readonly metrics: Metrics
  /** Bytes over the wire of all that it needs to rank; 0 for what cannot be shipped. */
  readonly bytes: number
  readonly chosen: boolean
  /** Gain of what ships over this one. */
  readonly behind: Comparison | null
}

/** The rung that ships on `for-you`. */
export function shippedOf({ ladder }: CardReport): Evaluation['ladder'][number] | undefined {
  return ladder.findLast(({ ships }) => ships)
}

/** Rungs, then baselines. Every model needs the catalogue and popularity; the ranker needs every part. */
export function modelsOf(report: CardReport): CardModel[] {
  const { ladder, baselines = [], totals } = report
  const chosen = shippedOf(report)?.rung
  const bytesOf = (rung: Rung) => ladder.find((row) => row.rung === rung)?.bytes ?? 0
  const base = bytesOf('popularity')
  const whole = base + ladder.reduce((sum, { rung, bytes }) => (PARTS.has(rung) ? sum + bytes : sum), 0)
  const rungs = ladder.map((row) => ({
    name: row.rung,
    model: row.model,
    rung: row.rung,
    metrics: row.metrics,
    bytes:
      row.rung === 'ranker'
        ? (totals?.rankBytes ?? whole)
        : row.rung === 'popularity'
          ? base
          : base + row.bytes,
    chosen: row.rung === chosen,
    behind: row.shipped ?? null,
  }))
  const others = baselines.map(({ name, formula, metrics, bytes, offline, shipped }) => ({
    name,
    model: formula,
    rung: null,
    metrics,
    bytes: offline ? 0 : base + bytes,
    chosen: false,
    behind: shipped,
  }))
  return [...rungs, ...others]
}

/** Content and personal popularity are the same files. */
const PARTS: ReadonlySet<Rung> = new Set(['content', 'collaborative', 'transitions', 'ranker'])

export const NDCG = 'ndcg@10'
