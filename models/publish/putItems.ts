import { randomUUID } from 'node:crypto'
import { type Envelope, type Pins, type SigningKey, sign } from '../../shared/bundle/envelope.ts'
import { sha256 } from '../../shared/bundle/hash.ts'
import { MAX_OVERLAY_BYTES } from '../../shared/bundle/limits.ts'
import { OVERLAY_SCHEMA, type Overlay, parseOverlay } from '../../shared/bundle/overlay.ts'
import { errorCode, ForYouError } from '../../shared/domain/errors.ts'
import type { EdgeClient } from './edgeClient.ts'
import { type LiveItems, readLiveItems } from './liveItems.ts'
import { NOTHING, prune, type Said, type SaidChange } from './overlayChanges.ts'
import { popularLists } from './popularLists.ts'

export interface PutItemsOptions {
  readonly pins: Pins
  /** Asked for only where something has to be signed. */
  readonly releaseKeys: () => readonly SigningKey[]
  /** ms since 1970 UTC */
  readonly now: () => number
  readonly reason?: string | undefined
  /** Waits that many milliseconds; a parameter so that tests need not. */
  readonly sleep?: (ms: number) => Promise<void>
}

export interface PutItems {
  readonly live: LiveItems
  /** What is said now. */
  readonly said: Said
  /** Bytes of the signed document, 0 without one. */
  readonly bytes: number
  readonly seq: number
  /** False where all of it was so already. */
  readonly changed: boolean
}

/** Of those who change the head at once, one wins a round; an edge may also show a head that is a minute old. */
const ATTEMPTS = 10

/**
 * Changes what is said of single items: reads what is live, changes and prunes it, signs it, renders the popular lists with
 * it, and names both in one operation. Where another operation was quicker, all of it is done again on what that has left;
 * where it fails on the way, visitors keep what they have and running it again finishes.
 * @param change `null` to leave what is said as it is and only have the popular lists agree with it
 * @throws ForYouError `too_large` where the document would be too long, and all that the edge refuses
 */
export async function putItems(
  client: EdgeClient,
  change: SaidChange | null,
  options: PutItemsOptions,
): Promise<PutItems> {
  const { sleep = (ms) => new Promise((resolve) => setTimeout(resolve, ms)) } = options
  const kept = new Map<string, ArrayBuffer>()
  for (let attempt = 1; ; attempt++) {
    const live = await readLiveItems(client, options.pins, kept)
    try {
      return await attemptItems(client, live, change, options)
    } catch (error) {
      if (errorCode(error) !== 'conflict' || attempt === ATTEMPTS) throw error
      await sleep(Math.min(250 * 2 ** attempt, 15_000))
    }
  }
}

async function attemptItems(
  client: EdgeClient,
  live: LiveItems,
  change: SaidChange | null,
  options: PutItemsOptions,
): Promise<PutItems> {
  const { head, bundle } = live
  const before = live.overlay ?? NOTHING
  const said = change ? prune(change(before, bundle), bundle) : before
  const next = await overlayOf(live, said, options)
  const lists = await popularLists(client, live, next?.overlay ?? null, await live.rules(), options.now())
  const result = { live, said, bytes: next?.bytes ?? 0 }
  const same = { ...head.active, ...lists }
  if (
    head.overlay === next?.name &&
    same.popularJson === head.active?.popularJson &&
    same.popularHtml === head.active?.popularHtml
  )
    return { ...result, seq: head.seq, changed: false }
  if (next?.envelope) await client.putDocument(next.name, 'overlay', next.envelope)
  const { seq } = await client.change('overlay', {
    overlay: next?.name ?? null,
    ...lists,
    op: randomUUID(),
    seq: head.seq,
    ...(options.reason !== undefined && { reason: options.reason }),
  })
  return { ...result, seq, changed: true }
}

interface NextOverlay {
  readonly overlay: Overlay
  readonly name: string
  readonly bytes: number
  /** Absent where it is the one that is live. */
  readonly envelope?: Envelope
}

/** The live document where it says the same, else a new one, signed with every release key at hand; `null` for nothing. */
async function overlayOf(
  { overlay: before, overlayBytes, manifest, head }: LiveItems,
  said: Said,
  { releaseKeys, now }: PutItemsOptions,
): Promise<NextOverlay | null> {
  if (said.withdrawn.length + said.items.length === 0) return null
  const { site } = manifest
  const payloadAt = (issued: number) => JSON.stringify({ schema: OVERLAY_SCHEMA, site, issued, ...said })
  if (before && JSON.stringify(parseOverlay(payloadAt(before.issued))) === JSON.stringify(before))
    return { overlay: before, name: head.overlay!, bytes: overlayBytes }
  const payload = payloadAt(now())
  const overlay = parseOverlay(payload)
  const envelope = await sign('overlay', payload, releaseKeys())
  const bytes = Buffer.byteLength(JSON.stringify(envelope)) // devices count bytes, not characters
  if (bytes <= MAX_OVERLAY_BYTES) return { overlay, name: await sha256(payload), bytes, envelope }
  throw new ForYouError(
    'too_large',
    `The overlay would have ${bytes} bytes; ${MAX_OVERLAY_BYTES} are allowed.`,
    {
      hint: 'Say less at once, or train, publish and promote a bundle that has these items: what it covers leaves the overlay.',
    },
  )
}
