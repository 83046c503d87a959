import * as v from 'valibot'
import { ForYouError } from '../domain/errors.ts'
import type { RulesDocument } from '../domain/rules.ts'
import type { Evaluation } from './evaluation.ts'
import { Count, Moment, Sha256, Site } from './fields.ts'
import { MAX_BLOB_BYTES, MAX_FILES } from './limits.ts'
import { RUNGS } from './rungs.ts'

export type { Evaluation, RungResult } from './evaluation.ts'
export { RUNGS, type Rung } from './rungs.ts'

export const MANIFEST_SCHEMA = 1
export const HEAD_SCHEMA = 1

/** Roles: `catalogue/0`, `table/0`, `neighbours/0`, `transitions/0`, `content/0`, `popularity`, `ranker`, `details/3`, `encoder`, `report`, … */
const Role = v.pipe(v.string(), v.regex(/^[a-z]+(\.[a-z]+)?(\/\d{1,4})?$/))

/** `sha256` and `bytes` always mean decoded bytes, whatever coding travelled over the wire. */
export const FileSchema = v.object({
  role: Role,
  sha256: Sha256,
  bytes: v.pipe(Count, v.maxValue(MAX_BLOB_BYTES)),
  rows: v.optional(Count),
  dims: v.optional(v.pipe(Count, v.maxValue(1024))),
  dtype: v.optional(v.string()),
})
export type BundleFile = v.InferOutput<typeof FileSchema>

const Decay = v.pipe(v.number(), v.gtValue(0), v.maxValue(1))

/** Settings of ranking that belong to the data; chosen on validation, read by the one ranker offline and in the browser. */
export const ProfileSchema = v.object({
  /** Weight of a history item is decay^(steps back from the latest). */
  decay: Decay,
  /** Latest distinct items of a history that count. */
  historyLength: v.pipe(Count, v.minValue(1), v.maxValue(500)),
  /** The same for transitions, which look at the latest items above all; `decay` where absent. */
  transitionDecay: v.optional(Decay),
  /** What "popular" means: position in the popularity file's half-lives, all-time counts (−1), mean rating (−2) or trend (−3). */
  popularHalfLife: v.pipe(v.number(), v.safeInteger(), v.minValue(-3)),
  /** Weight of the table's dots beside the neighbours' votes inside the one collaborative generator. */
  tableWeight: v.pipe(v.number(), v.finite(), v.minValue(0)),
})
export type Profile = v.InferOutput<typeof ProfileSchema>

/** What the offline release key signs. Reproducible: same inputs and seed give the same bytes. */
export const ManifestSchema = v.object({
  schema: v.literal(MANIFEST_SCHEMA),
  kind: v.picklist(['release', 'evaluation']),
  site: Site,
  /** Grows with the data: just after the last interaction that was trained on, ms; 0 without times. `floor` compares with it. */
  version: Moment,
  /** Seed of every random choice, splits included. */
  seed: Count,
  /** Visitors and the edge refuse manifests whose `version` is below the highest floor they have seen. */
  floor: Moment,
  built: Moment,
  asOf: Moment,
  trainedUntil: Moment,
  clock: v.picklist(['live', 'archive']),
  /** Hosts that links and images may point to besides the page's own; empty = any https host. */
  origins: v.array(v.string()),
  /** Where an item without a link of its own leads on pages of the edge, `{id}` standing for the item. */
  linkTemplate: v.optional(v.string()),
  minLoader: Count,
  /** SHA-256 of how the features are declared that the ranker reads; of all where there is none. */
  featureSchema: Sha256,
  /** `name@version` of each input of the ranker; absent where the bundle holds none, and in bundles of before. */
  features: v.optional(v.pipe(v.array(v.string()), v.maxLength(256))),
  data: v.object({
    name: v.string(),
    fingerprint: Sha256,
    synthetic: v.boolean(),
    interactions: Count,
    users: Count,
    items: Count,
    from: Moment,
    to: Moment,
  }),
  forYou: v.picklist(RUNGS),
  profile: ProfileSchema,
  /** Of a delta: the bundle whose files and item numbers it keeps, and when that was built. */
  base: v.optional(v.object({ manifest: Sha256, built: Moment })),
  /**
   * Nothing on a device reads it: `parseEvaluatedManifest` looks inside. Small updates leave it to a file of the role
   * `evaluation`, see `evaluationOf`.
   */
  evaluation: v.nullable(v.custom<Evaluation>((value) => typeof value === 'object')),
  files: v.pipe(
    v.array(FileSchema),
    v.maxLength(MAX_FILES),
    v.check(
      (files) => new Set(files.map(({ role }) => role)).size === files.length,
      'two files have the same role',
    ),
  ),
})
export type Manifest = v.InferOutput<typeof ManifestSchema>

const Active = v.object({
  manifest: Sha256,
  /** After this moment the edge's word for the manifest is no longer good, ms. */
  notAfter: Moment,
  popularJson: v.optional(Sha256),
  popularHtml: v.optional(Sha256),
})
export type ActiveManifest = v.InferOutput<typeof Active>

/** The site's rules themselves while they are short, else the blob that holds them. */
export type RulesInHead = RulesDocument | RulesBlob
export interface RulesBlob {
  readonly sha256: string
  readonly bytes: number
}

/** The one mutable object, signed by the edge's ops key. `seq` grows on every write, rollback included. */
export const HeadSchema = v.object({
  schema: v.literal(HEAD_SCHEMA),
  site: v.string(),
  seq: v.pipe(Count, v.minValue(1)),
  /** Idempotency id of the operation that wrote it. */
  op: v.pipe(v.string(), v.maxLength(64)),
  issued: Moment,
  expires: Moment,
  active: v.nullable(Active),
  /** Another manifest for a share of the visitors: those whose device draws below `permille` of a thousand. */
  canary: v.optional(
    v.object({
      manifest: Sha256,
      permille: v.pipe(Count, v.maxValue(1000)),
      salt: v.string(),
      notAfter: v.optional(Moment),
    }),
  ),
  /** Name of the signed overlay: items withdrawn, added and changed since the manifest was made. */
  overlay: v.optional(Sha256),
  /**
   * What a merchandiser wants, for every bundle: it stays across promotes and rollbacks. Unread here: rules that nobody
   * understands must not cost anybody the rest of the head.
   */
  rules: v.optional(v.custom<RulesInHead>((value) => typeof value === 'object' && value !== null)),
  /** Where blobs lie besides the edge: the address to which `/b/<sha256>` is added. */
  blobBase: v.optional(v.string()),
  /** Seconds in which no device needs to ask again. */
  backoff: v.optional(Count),
  /** No personal slates, on any device, until a head without it. */
  kill: v.optional(v.boolean()),
})
export type Head = v.InferOutput<typeof HeadSchema>

export function parseManifest(payload: string): Manifest {
  return parseJson(ManifestSchema, payload, 'manifest')
}

export function parseHead(payload: string): Head {
  return parseJson(HeadSchema, payload, 'head')
}

/**
 * @throws ForYouError `parse_error` naming the first field that is wrong
 */
export function parseJson<S extends v.GenericSchema>(
  schema: S,
  text: string,
  what: string,
): v.InferOutput<S> {
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch (cause) {
    throw new ForYouError('parse_error', `The ${what} is not JSON.`, { cause })
  }
  const result = v.safeParse(schema, value)
  if (result.success) return result.output
  const issue = result.issues[0]
  const path = v.getDotPath(issue)
  throw new ForYouError(
    'parse_error',
    `The ${what} is not valid${path ? ` at ${path}` : ''}: ${issue.message}`,
  )
}
