import { openEnvelope, type Pins } from '../../shared/bundle/envelope.ts'
import { type Head, parseHead } from '../../shared/bundle/manifest.ts'
import { DAY_MS } from '../../shared/domain/clock.ts'
import { ForYouError } from '../../shared/domain/errors.ts'
import { seqOf } from './activeRecord.ts'
import type { Active } from './bundleStore.ts'

/** A head may be this far ahead of the last one seen; more would be an attempt to block all later updates (trust T5). */
const MAX_SEQ_JUMP = 1_000_000

export interface CheckedHead {
  readonly head: Head
  /** As it came. */
  readonly envelope: string
  /** Site and ops key, of each pinned key that signed: heads are counted within one scope. */
  readonly scopes: readonly string[]
  /** The moment that expiry was compared with, ms. */
  readonly moment: number
  /** The device's clock, ms. */
  readonly now: number
}

/**
 * Checks a head: signature, site, expiry, never older than one seen before.
 * @param now the device's clock, ms
 * @param date the server's clock, ms, where it told
 * @throws ForYouError `bundle_oversize`, `parse_error`, `sign_error`, `wrong_site`, `expired` or `rollback_refused`
 */
export async function checkHead(
  text: string,
  pins: Pins,
  active: Active | null,
  now: number,
  date: number | null,
): Promise<CheckedHead> {
  const { payload, kids } = await openEnvelope('head', text, pins)
  const head = parseHead(payload)
  if (active && head.site !== active.site) {
    throw new ForYouError('wrong_site', `The head is of site "${head.site}", not "${active.site}".`)
  }
  const moment = trustedMoment(now, date)
  if (head.expires < moment) throw expired(head)
  const scopes = kids.map((kid) => `${head.site}/${kid}`)
  if (active) checkOrder(head, scopes, active, now)
  return { head, envelope: text, scopes, moment, now }
}

function checkOrder(head: Head, scopes: readonly string[], active: Active, now: number): void {
  for (const scope of scopes) {
    const last = seqOf(active, scope)
    if (last === undefined) continue
    if (head.seq < last || head.seq > last + MAX_SEQ_JUMP) throw rollback(head, last)
    // Whoever holds back new heads might also send old dates; but how long ago this one came is known here.
    if (head.seq === last && now - (active.since ?? now) > head.expires - head.issued) throw expired(head)
  }
  // Keys change, and each counts for itself: a head of the earlier key must not come back afterwards.
  const latest = active.seqs.at(-1)?.[0]
  if (latest !== undefined && !scopes.includes(latest) && head.issued < (active.issued ?? 0)) {
    throw rollback(head, latest)
  }
}

const rollback = ({ seq }: Head, last: number | string) =>
  new ForYouError('rollback_refused', `Head ${seq} cannot follow ${last}, seen before.`)
const expired = ({ expires }: Head) =>
  new ForYouError('expired', `The head expired at ${new Date(expires).toISOString()}.`)

/**
 * A visitor's clock can be years off, and every head would then seem expired (trust F8). Where the two differ by more than a
 * day the server's clock decides: it comes over TLS, and neither can make us go back in `seq`.
 */
function trustedMoment(now: number, date: number | null): number {
  return date !== null && Math.abs(date - now) > DAY_MS ? date : now
}
