import { type Pins, verify } from '../../shared/bundle/envelope.ts'
import { type Head, parseHead } from '../../shared/bundle/manifest.ts'
import { DAY_MS } from '../../shared/domain/clock.ts'
import { ForYouError } from '../../shared/domain/errors.ts'
import type { Active } from './bundleStore.ts'

/** A head may be this far ahead of the last one seen; more would be an attempt to block all later updates (trust T5). */
const MAX_SEQ_JUMP = 1_000_000

export interface CheckedHead {
  readonly head: Head
  /** Site and ops key: heads are counted within one scope. */
  readonly scope: string
  /** The moment that expiry was compared with, ms. */
  readonly moment: number
}

/**
 * Checks a head: signature, site, expiry, never lower than one seen before.
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
  const { payload, kid } = await verifiedBy(text, pins)
  const head = parseHead(payload)
  if (active && head.site !== active.site) {
    throw new ForYouError(
      'wrong_site',
      `The head is of site "${head.site}", the bundle here of "${active.site}".`,
    )
  }
  const moment = trustedMoment(now, date)
  if (head.expires < moment) {
    throw new ForYouError('expired', `The head expired at ${new Date(head.expires).toISOString()}.`)
  }
  const scope = `${head.site}/${kid}`
  const seen = active?.seqs.find(([name]) => name === scope)?.[1]
  if (seen !== undefined && head.seq < seen) {
    throw new ForYouError('rollback_refused', `Head ${head.seq} is older than head ${seen}, seen before.`)
  }
  if (seen !== undefined && head.seq > seen + MAX_SEQ_JUMP) {
    throw new ForYouError('rollback_refused', `Head ${head.seq} is impossibly far ahead of head ${seen}.`)
  }
  return { head, scope, moment }
}

/**
 * A visitor's clock can be years off, and every head would then seem expired (trust F8). Where the two differ by more than a
 * day the server's clock decides: it comes over TLS, and neither can make us go back in `seq`.
 */
function trustedMoment(now: number, date: number | null): number {
  return date !== null && Math.abs(date - now) > DAY_MS ? date : now
}

async function verifiedBy(text: string, pins: Pins): Promise<{ payload: string; kid: string }> {
  const payload = await verify('head', text, pins)
  for (const key of pins.ops) {
    try {
      await verify('head', text, { release: [], ops: [key] })
      return { payload, kid: key.kid }
    } catch {
      // signed by another of the pinned keys
    }
  }
  throw new ForYouError('sign_error', 'No pinned ops key has signed this head.')
}
