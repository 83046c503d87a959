import * as v from 'valibot'
import { Count, Sha256 } from './fields.ts'
import { type BundleFile, type Manifest, parseJson, parseManifest } from './manifest.ts'
import { RUNGS } from './rungs.ts'

/** Metric name → value, e.g. `ndcg@10`: means over queries, and totals such as `coverage@10`. */
const Metrics = v.record(v.string(), v.number())
const Interval = v.object({ mean: v.number(), low: v.number(), high: v.number() })

/** The shipped model against another one, in the deciding metric, on the same queries. */
const ComparisonSchema = v.object({
  /** Mean difference, shipped − other, 95 %. */
  difference: Interval,
  /** Relative: difference over the other's mean, 95 %. */
  gain: Interval,
  /** The difference with the simultaneous 95 % interval of all comparisons together. */
  adjusted: Interval,
  /** Two-sided p-value, corrected for all comparisons together; no smaller than one over the resamples. */
  p: v.number(),
})
export type Comparison = v.InferOutput<typeof ComparisonSchema>

export const RungResultSchema = v.object({
  rung: v.picklist(RUNGS),
  model: v.string(),
  metrics: Metrics,
  /** Relative gain in the deciding metric over the best rung below, with the wider of the two 95 % intervals. */
  gain: v.nullable(Interval),
  /** What the rung adds, Brotli bytes over the wire. */
  bytes: Count,
  ships: v.boolean(),
  /** What ships, against this rung; absent at the rung that ships. */
  shipped: v.optional(ComparisonSchema),
})
export type RungResult = v.InferOutput<typeof RungResultSchema>

/** A model that was ranked beside the ladder, on the same queries. It cannot ship. */
export const BaselineResultSchema = v.object({
  name: v.string(),
  trainer: v.string(),
  formula: v.string(),
  metrics: Metrics,
  /** Brotli bytes of what it would add; 0 for an offline referee, which cannot be encoded. */
  bytes: Count,
  /** True for a model too large for any bundle. */
  offline: v.boolean(),
  shipped: ComparisonSchema,
})
export type BaselineResult = v.InferOutput<typeof BaselineResultSchema>

/** Queries of one kind: how long the history is, or what kind of item was chosen. */
export const SegmentSchema = v.object({
  /** `history` 0, 1, 2–4, 5–19, 20+; `items` head, tail, new, unseen, cold */
  by: v.picklist(['history', 'items']),
  name: v.string(),
  queries: Count,
  users: Count,
  /** Of the rung that ships, of popularity, and of the best other model (over all queries). */
  shipped: Metrics,
  popularity: Metrics,
  best: Metrics,
  /** Name of that best other model; empty where there is none. */
  bestName: v.string(),
  /** NDCG@10, shipped − best, 95 %; null where there is nothing to resample. */
  difference: v.nullable(Interval),
  /** The same over popularity. */
  overPopularity: v.nullable(Interval),
})
export type Segment = v.InferOutput<typeof SegmentSchema>

/** One surface against the simple list that it has to be worth more than. What ships there does not depend on it. */
export const SurfaceResultSchema = v.object({
  surface: v.string(),
  /** `proven`: better with an interval above 0; `worse`: below 0; `unproven`: neither. */
  verdict: v.picklist(['proven', 'unproven', 'worse', 'not-measurable']),
  /** What is measured, in words. */
  measure: v.string(),
  baseline: v.string(),
  queries: Count,
  value: v.number(),
  baselineValue: v.number(),
  /** Mean difference, surface − simple list, 95 %. */
  difference: v.nullable(Interval),
  /** One sentence for a person. */
  text: v.string(),
})
export type SurfaceResult = v.InferOutput<typeof SurfaceResultSchema>

export const GateCheckSchema = v.object({
  name: v.string(),
  /** Null where nothing could be measured. */
  value: v.nullable(v.number()),
  limit: v.nullable(v.number()),
  unit: v.string(),
  /** Null: not measurable, or not asked of what ships. */
  passed: v.nullable(v.boolean()),
  /** True for a check that is only said: failing it refuses nothing. */
  warning: v.optional(v.boolean()),
  text: v.string(),
})
export type GateCheck = v.InferOutput<typeof GateCheckSchema>

export const GateSchema = v.object({ passed: v.boolean(), checks: v.array(GateCheckSchema) })
export type Gate = v.InferOutput<typeof GateSchema>

/** Whether the candidates of evaluated queries held what was chosen. */
const CandidateFactsSchema = v.object({
  queries: Count,
  /** Distinct candidates at the most; null where there is no such limit. */
  budget: v.nullable(Count),
  /** Candidates of a mean query. */
  mean: v.number(),
  /** Share of the queries whose candidates held the chosen item. */
  recall: v.number(),
  generators: v.array(
    v.object({
      name: v.string(),
      /** Items that it brings at the most. */
      quota: Count,
      /** Share of the queries whose chosen item is among them. */
      alone: v.number(),
      /** What all others, within the same budget, find less: may be negative, for they get its places. */
      loss: v.number(),
    }),
  ),
})
export type CandidateFacts = v.InferOutput<typeof CandidateFactsSchema>

/** What the scores of the learned ranker promised, and what came: σ(score) against the share that was chosen next. */
const ReliabilitySchema = v.object({
  queries: Count,
  /** Candidates of these queries. */
  rows: Count,
  /** Expected calibration error: mean |promised − observed| of the bins, by rows. */
  error: v.number(),
  bins: v.array(v.object({ upTo: v.number(), rows: Count, promised: v.number(), observed: v.number() })),
  /** Choices that the first ten of a list promise together, and the share of lists whose first ten held it. */
  firstTen: v.object({ promised: v.number(), observed: v.number() }),
})
export type Reliability = v.InferOutput<typeof ReliabilitySchema>

/** First choices of visitors without a history: mean NDCG@10 of three lists, and differences with 95 % intervals. */
const FirstVisitsSchema = v.object({
  queries: Count,
  /** `for-you` as it ships with an empty history. */
  shipped: v.number(),
  trending: v.number(),
  /** What the learned ranker would say of nobody; null without one. */
  ranker: v.nullable(v.number()),
  overTrending: v.nullable(Interval),
  overRanker: v.nullable(Interval),
})
export type FirstVisits = v.InferOutput<typeof FirstVisitsSchema>

export const EvaluationSchema = v.object({
  /** Hash of the evaluation bundle's manifest payload, `null` inside that manifest itself. */
  manifest: v.nullable(Sha256),
  protocol: v.string(),
  verdict: v.picklist(['ships', 'baseline', 'not-measurable']),
  /** One sentence for a person. */
  summary: v.string(),
  queries: Count,
  users: Count,
  days: Count,
  ladder: v.array(RungResultSchema),
  // What follows is absent in manifests of earlier versions.
  baselines: v.optional(v.array(BaselineResultSchema)),
  segments: v.optional(v.array(SegmentSchema)),
  surfaces: v.optional(v.array(SurfaceResultSchema)),
  gate: v.optional(GateSchema),
  /** Facts of the run: `items`, `headItems`, `comparisons`, `wireBytes` (Brotli, whole bundle), `rankBytes` (what ranks). */
  totals: v.optional(v.record(v.string(), v.number())),
  /** Share of the replayed slates whose candidates held the chosen item; null without a ranker. */
  candidateRecall: v.optional(v.nullable(v.number())),
  candidates: v.optional(CandidateFactsSchema),
  reliability: v.optional(ReliabilitySchema),
  firstVisits: v.optional(FirstVisitsSchema),
  /** Why somebody publishes although the gate refused. */
  override: v.optional(v.object({ reason: v.pipe(v.string(), v.minLength(1), v.maxLength(500)) })),
})
export type Evaluation = v.InferOutput<typeof EvaluationSchema>

/** Role of the file that holds the evaluation of a release whose manifest leaves it out. */
export const EVALUATION = 'evaluation'

type Bytes = ArrayBuffer | Uint8Array<ArrayBuffer>

export function encodeEvaluation(evaluation: Evaluation): ArrayBuffer {
  return new TextEncoder().encode(JSON.stringify(evaluation)).buffer as ArrayBuffer
}

/**
 * The evaluation of a release, from its manifest or else from the file that this names; null where there is none.
 * @param read gives the bytes of a file of the bundle
 * @throws ForYouError `parse_error` where the file holds something else, and whatever `read` throws
 */
export async function evaluationOf(
  { evaluation, files }: Manifest,
  read: (file: BundleFile) => Bytes | Promise<Bytes>,
): Promise<Evaluation | null> {
  const file = files.find(({ role }) => role === EVALUATION)
  if (evaluation || !file) return evaluation
  return parseJson(EvaluationSchema, new TextDecoder().decode(await read(file)), 'evaluation')
}

/**
 * A manifest with everything in it checked, the evaluation too: what publishing and people read. Devices only rank, and
 * `parseManifest` spares them this schema.
 * @throws ForYouError `parse_error` naming the first field that is wrong
 */
export function parseEvaluatedManifest(payload: string): Manifest {
  const manifest = parseManifest(payload)
  return {
    ...manifest,
    ...parseJson(v.object({ evaluation: v.nullable(EvaluationSchema) }), payload, 'manifest'),
  }
}
