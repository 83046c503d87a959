import { type SigningKey, sign, verify } from '../shared/bundle/envelope.ts'
import {
  type ActiveManifest,
  HEAD_SCHEMA,
  type Head,
  type Manifest,
  parseHead,
} from '../shared/bundle/manifest.ts'
import { DAY_MS } from '../shared/domain/clock.ts'
import { ForYouError } from '../shared/domain/errors.ts'
import { checkManifest, type ManifestRules } from './manifests.ts'
import { type HeadMemory, NO_MEMORY, type Store } from './store.ts'

/** A head is good for a week and signed again every night (trust T3). */
export const HEAD_LIFE_MS = 7 * DAY_MS
/** The edge's word for a manifest ends after 90 days unless a person promotes again (trust T6). */
export const ACTIVE_LIFE_MS = 90 * DAY_MS

export interface HeadRules extends ManifestRules {
  readonly opsKey: SigningKey
}

export interface Operation {
  /** Idempotency id: a retry with the same id changes nothing. */
  readonly op: string
  /** The seq that the caller has seen; another one means a conflict. */
  readonly seq?: number | undefined
}

/** What an operation has written. */
export interface Written {
  readonly seq: number
  readonly op: string
  readonly manifest: string
  /** True where the operation had been done before: its acknowledgement was lost, not its effect. */
  readonly replayed: boolean
}

/**
 * Makes a published manifest the live one, a rollback included: an older manifest under a higher seq.
 * @param now ms since 1970 UTC
 * @throws ForYouError `not_found` for an unknown manifest, `rollback_refused` below the floor, `conflict` where another
 *   operation came first, and all that checkManifest refuses
 */
export async function promote(
  store: Store,
  rules: HeadRules,
  { manifest: name, ...operation }: Operation & { readonly manifest: string },
  now: number,
): Promise<Written> {
  return write(store, rules, operation, `promote ${name}`, now, async (_head, memory) => {
    const stored = await store.manifest(name)
    if (!stored) {
      throw new ForYouError('not_found', `No manifest ${name} is published.`, {
        hint: 'Publish the bundle first.',
      })
    }
    const manifest = await checkManifest(store, rules, name, stored.envelope)
    const floor = Math.max(memory.floor, manifest.floor)
    if (manifest.version < floor) {
      throw new ForYouError(
        'rollback_refused',
        `The manifest's version ${manifest.version} lies below the floor ${floor} of what was live.`,
        { hint: 'Visitors would refuse it too. Publish a newer bundle.' },
      )
    }
    return { active: activeOf(name, manifest, now), floor }
  })
}

/**
 * Signs the live head again for seven more days; what is live, and for how long at the most, stays.
 * @throws ForYouError `not_found` where nothing is live, `conflict` where another operation came first
 */
export async function refresh(
  store: Store,
  rules: HeadRules,
  operation: Operation,
  now: number,
): Promise<Written> {
  return write(store, rules, operation, 'refresh', now, async (head, { floor }) => {
    if (!head?.active) {
      throw new ForYouError('not_found', 'Nothing is live under the keys of this edge.', {
        hint: 'Promote a published bundle first.',
      })
    }
    return { active: head.active, floor }
  })
}

type Decide = (head: Head | null, memory: HeadMemory) => Promise<{ active: ActiveManifest; floor: number }>

/**
 * The one way in which a head changes: read it with its etag, decide, write seq + 1 on condition of that etag. The
 * etag alone has an ABA hole, because R2's is a hash of the content; seq is part of the content and never returns to an
 * earlier value, so no two heads are equal (trust §0.1).
 */
async function write(
  store: Store,
  rules: HeadRules,
  { op, seq: expected }: Operation,
  did: string,
  now: number,
  decide: Decide,
): Promise<Written> {
  const stored = await store.head()
  const head = stored && (await ownHead(stored.envelope, rules))
  const memory = head ? stored.memory : NO_MEMORY
  const past = memory.ops.find((operation) => operation.op === op)
  if (past && past.did !== did) {
    throw new ForYouError('conflict', `Operation "${op}" was used for another change (${past.did}).`, {
      hint: 'Use a new id for each change.',
    })
  }
  if (past)
    return { seq: past.seq, op, manifest: did.split(' ')[1] ?? head?.active?.manifest ?? '', replayed: true }
  const current = head?.seq ?? 0
  if (expected !== undefined && expected !== current) {
    throw new ForYouError('conflict', `The head is at ${current}, not at ${expected}.`, { hint: RETRY })
  }
  const { active, floor } = await decide(head, memory)
  const next: Head = {
    ...head,
    schema: HEAD_SCHEMA,
    site: rules.site,
    seq: current + 1,
    op,
    issued: now,
    expires: now + HEAD_LIFE_MS,
    active,
  }
  const envelope = JSON.stringify(await sign('head', JSON.stringify(next), [rules.opsKey]))
  const ops = [{ op, seq: next.seq, did }, ...memory.ops]
  if (await store.putHead(envelope, { floor, ops }, stored?.etag ?? null)) {
    return { seq: next.seq, op, manifest: active.manifest, replayed: false }
  }
  throw new ForYouError('conflict', `Another operation has changed the head since ${current}.`, {
    hint: RETRY,
  })
}

const RETRY = 'Read the head again, then retry with the same operation id.'

/**
 * The stored head, if a pinned ops key signed it for this site. Any other one (keys rotated, site renamed, storage
 * tampered with, a seq run up by somebody) counts for nothing: seq starts anew, and browsers keep theirs per site and
 * ops key (trust T5).
 */
async function ownHead(envelope: string, { pins, site }: HeadRules): Promise<Head | null> {
  try {
    const head = parseHead(await verify('head', envelope, pins))
    return head.site === site ? head : null
  } catch {
    return null
  }
}

function activeOf(manifest: string, { files }: Manifest, now: number): ActiveManifest {
  const blobOf = (role: string) => files.find((file) => file.role === role)?.sha256
  const popularJson = blobOf('popular.json')
  const popularHtml = blobOf('popular.html')
  return {
    manifest,
    notAfter: now + ACTIVE_LIFE_MS,
    ...(popularJson && { popularJson }),
    ...(popularHtml && { popularHtml }),
  }
}
