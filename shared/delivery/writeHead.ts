import { type SigningKey, sign, verify } from '../bundle/envelope.ts'
import { HEAD_SCHEMA, type Head, parseHead } from '../bundle/manifest.ts'
import { DAY_MS } from '../domain/clock.ts'
import { ForYouError } from '../domain/errors.ts'
import type { Written } from './api.ts'
import { fillAudit, lineOf } from './audit.ts'
import type { ManifestRules } from './checkManifest.ts'
import {
  type DeliveryStore,
  type HeadMemory,
  NO_MEMORY,
  type PastOperation,
  REMEMBERED_OPS,
} from './deliveryStore.ts'

/** A head is good for a week and signed again every night (trust T3). */
export const HEAD_LIFE_MS = 7 * DAY_MS
/** Operations that a retry is compared with, beyond those that the head remembers. */
const LINES_SEARCHED = 200

export interface HeadRules extends ManifestRules {
  readonly opsKey: SigningKey
  /** How long a head is good for, ms; a static host, which no cron signs, needs longer. */
  readonly headLife?: number
}

export interface Operation {
  /** Idempotency id: a retry with the same id changes nothing. */
  readonly op: string
  /** The seq that the caller has seen; another one means a conflict. */
  readonly seq?: number | undefined
  /** Who asks, for the audit trail. */
  readonly who?: string | undefined
  /** Why, in a few words. */
  readonly reason?: string | undefined
}

/** The fields of the next head that an operation decides; the others stay. `undefined` takes a field away. */
export type Change = Partial<
  Pick<Head, 'active' | 'canary' | 'overlay' | 'rules' | 'kill' | 'blobBase' | 'backoff'>
> & {
  readonly floor?: number
  /** At least this seq: for a head that is restored from a copy. */
  readonly seq?: number
}
export type Decide = (head: Head | null, memory: HeadMemory) => Promise<Change> | Change

/**
 * The one way in which a head changes: read it with its etag, decide, write seq + 1 on condition of that etag. The
 * etag alone has an ABA hole, because R2's is a hash of the content; seq is part of the content and never returns to an
 * earlier value, so no two heads are equal (trust §0.1). The audit line of the head that is replaced is there before it
 * is replaced, so that a crash can leave at most the newest line to be written by whoever comes next.
 * @param did the wish as text, the same for every retry
 * @param now ms since 1970 UTC
 * @throws ForYouError `conflict` where another operation came first
 */
export async function writeHead(
  store: DeliveryStore,
  rules: HeadRules,
  { op, seq: expected, who = 'unknown', reason }: Operation,
  did: string,
  now: number,
  decide: Decide,
): Promise<Written> {
  const stored = await store.head()
  const own = stored && (await ownHead(stored.envelope, rules))
  const memory = own ? stored.memory : NO_MEMORY
  if (own) await fillAudit(store, own, stored)
  const past = await pastOperation(store, memory, op, rules.opsKey.kid)
  if (past && past.did !== did) {
    throw new ForYouError('conflict', `Operation "${op}" was used for another change (${past.did}).`, {
      hint: 'Use a new id for each change.',
    })
  }
  if (past) return { seq: past.seq, op, manifest: past.manifest, replayed: true }
  const head = own?.head ?? null
  const current = head?.seq ?? 0
  if (expected !== undefined && expected !== current) {
    throw new ForYouError('conflict', `The head is at ${current}, not at ${expected}.`, { hint: RETRY })
  }
  const { floor = memory.floor, seq = current + 1, ...fields } = await decide(head, memory)
  const issued = Math.max(now, (head?.issued ?? 0) + 1)
  const next: Head = {
    ...head,
    active: null,
    ...(head && { active: head.active }),
    ...fields,
    schema: HEAD_SCHEMA,
    site: rules.site,
    seq: Math.max(seq, current + 1),
    op,
    issued,
    expires: issued + (rules.headLife ?? HEAD_LIFE_MS),
  }
  const envelope = JSON.stringify(await sign('head', JSON.stringify(next), [rules.opsKey]))
  const manifest = next.active?.manifest ?? null
  const done: PastOperation = { op, seq: next.seq, did, who, at: issued, manifest, ...(reason && { reason }) }
  const ops = [done, ...memory.ops.map(({ reason: _, ...operation }) => operation)].slice(0, REMEMBERED_OPS)
  if (!(await store.putHead(envelope, { floor, ops }, stored?.etag ?? null))) {
    throw new ForYouError('conflict', `Another operation has changed the head since ${current}.`, {
      hint: RETRY,
    })
  }
  // From here on it is done, whatever happens to the line: the next writer fills the gap.
  await store.putLine(lineOf(done, next, rules.opsKey.kid), envelope).catch(() => false)
  return { seq: next.seq, op, manifest, previous: head?.active?.manifest ?? null, replayed: false }
}

const RETRY = 'Read the head again, then retry with the same operation id.'

/** The operation of this id, if it was done before under this key. */
async function pastOperation(
  store: DeliveryStore,
  { ops }: HeadMemory,
  op: string,
  kid: string,
): Promise<PastOperation | undefined> {
  const remembered = ops.find((operation) => operation.op === op)
  if (remembered || ops.length < REMEMBERED_OPS) return remembered
  return (await store.lines(LINES_SEARCHED)).find((line) => line.op === op && line.kid === kid)
}

export interface OwnHead {
  readonly head: Head
  /** The pinned key that signed it. */
  readonly kid: string
}

/**
 * The stored head, if a pinned ops key signed it for this site. Any other one (keys rotated, site renamed, storage
 * tampered with, a seq run up by somebody) counts for nothing: seq starts anew, and browsers keep theirs per site and
 * ops key (trust T5).
 */
export async function ownHead(envelope: string, { pins, site }: ManifestRules): Promise<OwnHead | null> {
  for (const key of pins.ops) {
    try {
      const head = parseHead(await verify('head', envelope, { release: [], ops: [key] }))
      return head.site === site ? { head, kid: key.kid } : null
    } catch {
      // signed by another of the pinned keys, or by none
    }
  }
  return null
}

/** The live head, for those who only read. @throws ForYouError `not_found` where there is none under these keys */
export async function readHead(
  store: DeliveryStore,
  rules: ManifestRules,
): Promise<OwnHead & { memory: HeadMemory }> {
  const stored = await store.head()
  const own = stored && (await ownHead(stored.envelope, rules))
  if (!own) throw nothingLive()
  return { ...own, memory: stored.memory }
}

export function nothingLive(): ForYouError {
  return new ForYouError('not_found', 'Nothing is live under the keys of this edge.', {
    hint: 'Promote a published bundle first.',
  })
}
