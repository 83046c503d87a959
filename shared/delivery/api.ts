import * as v from 'valibot'
import { Count, Sha256 } from '../bundle/fields.ts'
import { MAX_FILES, MAX_HEAD_BYTES } from '../bundle/limits.ts'
import type { RulesDocument } from '../domain/rules.ts'

/** Hashes that one request may ask for; more would exceed the platform's look-ups per request. */
export const MAX_ASKED = 500
/** Characters of a reason: it travels in the metadata of the head. */
export const MAX_REASON = 80

const OPERATION = {
  /** Idempotency id: any fresh one, the same for every retry of the same wish. */
  op: v.pipe(v.string(), v.regex(/^[\w.:-]{1,64}$/, 'must be 1 to 64 letters, digits or . : _ -')),
  /** Refuse unless the head is at this seq. */
  seq: v.optional(Count),
  /** Why, for the audit trail. */
  reason: v.optional(
    v.pipe(v.string(), v.maxLength(MAX_REASON, `must have at most ${MAX_REASON} characters`)),
  ),
}

/** Checked where the change is made, by `checkRules`: what it refuses it names by its rule. */
export const RulesGiven = v.custom<RulesDocument>(() => true)

/** Every change of the head, by the last part of its path: what it is given. */
export const CHANGES = {
  promote: v.object({ ...OPERATION, manifest: Sha256 }),
  approve: v.object(OPERATION),
  canary: v.object({ ...OPERATION, manifest: Sha256, permille: v.pipe(Count, v.maxValue(1000)) }),
  rollback: v.object({ ...OPERATION, to: v.optional(Sha256) }),
  kill: v.object({ ...OPERATION, on: v.boolean() }),
  overlay: v.object({
    ...OPERATION,
    overlay: v.nullable(Sha256),
    popularJson: v.optional(Sha256),
    popularHtml: v.optional(Sha256),
  }),
  rules: v.object({
    ...OPERATION,
    /** The whole document; `null` for no rules. */
    rules: v.nullable(RulesGiven),
    popularJson: v.optional(Sha256),
    popularHtml: v.optional(Sha256),
  }),
  refresh: v.object({
    ...OPERATION,
    /** Where blobs lie besides the edge, an https address; `null` takes it away. */
    blobBase: v.optional(
      v.nullable(
        v.pipe(v.string(), v.maxLength(200), v.regex(/^https:\/\/[^\s?#]+$/, 'must be an https address')),
      ),
    ),
    /** Seconds in which no device needs to ask again; `null` takes it away. */
    backoff: v.optional(v.nullable(v.pipe(Count, v.maxValue(86_400)))),
  }),
  restore: v.object({ ...OPERATION, envelope: v.pipe(v.string(), v.maxLength(MAX_HEAD_BYTES)) }),
} as const
export type ChangeKind = keyof typeof CHANGES
export type Wish<K extends ChangeKind> = v.InferOutput<(typeof CHANGES)[K]>

export const MissingRequest = v.object({
  sha256: v.pipe(v.array(Sha256), v.maxLength(Math.min(MAX_ASKED, MAX_FILES))),
})
export const GcRequest = v.object({ dryRun: v.optional(v.boolean()) })

/** What a change has written. */
export const WrittenSchema = v.object({
  seq: Count,
  op: v.string(),
  /** What is live now. */
  manifest: v.nullable(v.string()),
  /** What was live before; absent where the operation had been done before. */
  previous: v.optional(v.nullable(v.string())),
  /** True where the operation had been done before: its acknowledgement was lost, not its effect. */
  replayed: v.boolean(),
})
export type Written = v.InferOutput<typeof WrittenSchema>

/** A promote that waits for a second person. */
export const PendingSchema = v.object({
  pending: v.literal(true),
  op: v.string(),
  manifest: v.string(),
  /** ms since 1970 UTC */
  until: v.number(),
})
export type Pending = v.InferOutput<typeof PendingSchema>

/** What comes of a change: only a promote can wait for somebody. */
export type Changed<K extends ChangeKind> = K extends 'promote' ? Written | Pending : Written

export const CreatedSchema = v.object({ created: v.boolean() })
/** Files of loaders of before. */
export const KeptSchema = v.object({ files: v.array(v.string()) })
export const MissingSchema = v.object({ missing: v.array(v.string()) })

/** What the head alone does not say. */
export const StatusSchema = v.object({
  seq: Count,
  /** What a rollback can go back to, newest first; the first one is live. */
  versions: v.array(v.object({ manifest: v.string(), since: v.number(), who: v.string(), seq: Count })),
  /** Promotes that wait for a second person. */
  proposals: v.array(v.object({ op: v.string(), did: v.string(), who: v.string(), at: v.number() })),
  /** Whether a second person has to approve a promote. */
  approvals: v.boolean(),
  /** Whether admin requests have a budget; absent where there is no server to ask. */
  rateLimited: v.optional(v.boolean()),
})
export type DeliveryStatus = v.InferOutput<typeof StatusSchema>

export const AuditSchema = v.object({
  lines: v.array(
    v.object({
      op: v.string(),
      seq: Count,
      did: v.string(),
      who: v.string(),
      at: v.number(),
      manifest: v.nullable(v.string()),
      reason: v.optional(v.string()),
      kid: v.string(),
      canary: v.optional(v.string()),
      overlay: v.optional(v.string()),
      rules: v.optional(v.string()),
    }),
  ),
})

/** What a merchandiser wants at the moment. */
export const LiveRulesSchema = v.object({ seq: Count, rules: v.nullable(RulesGiven) })

export const CollectedSchema = v.object({
  documents: Count,
  blobs: Count,
  bytes: Count,
  keptDocuments: Count,
  keptBlobs: Count,
})
