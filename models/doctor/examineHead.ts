import { type Pins, verify } from '../../shared/bundle/envelope.ts'
import { MAX_HEAD_BYTES } from '../../shared/bundle/limits.ts'
import { type Head, parseHead } from '../../shared/bundle/manifest.ts'
import { DAY_MS } from '../../shared/domain/clock.ts'
import { errorCode } from '../../shared/domain/errors.ts'
import { routes } from '../../shared/domain/routes.ts'
import { type Finding, findingsOf } from './finding.ts'
import { failure, type Patient } from './patient.ts'
import { ago, ahead, bytesText } from './wording.ts'

/** Signed every night: after two days something has stopped (trust P9). */
const MAX_ISSUED_AGE_MS = 2 * DAY_MS
/** What lives longer is signed by no cron, but by whoever keeps the folder. */
const CRON_LIFE_MS = 10 * DAY_MS
const SIGN_AGAIN =
  'Sign it again: foryou refresh. Then look why nothing did: the cron log of the Worker, the nightly job.'

export interface ExaminedHead {
  readonly found: readonly Finding[]
  /** `null` where it cannot be trusted: then nothing that it names is looked at. */
  readonly head: Head | null
}

/** The one mutable object: there, signed by a pinned key, fresh. */
export async function examineHead({ ask, pins, site, now }: Patient): Promise<ExaminedHead> {
  const { found, good, bad, expect } = findingsOf('Head')
  const answer = await ask(routes.head)
  const failed = failure(answer)
  if (failed) {
    const mend =
      answer.status === 404
        ? 'Publish and promote a bundle: foryou publish DIR, foryou promote DIR. Is this the address of the edge?'
        : 'Is the address right, and the edge deployed?'
    bad('reachable', `${routes.head}: ${failed}`, mend)
    return { found, head: null }
  }
  good('reachable', `answered in ${answer.milliseconds} ms`)
  expect(answer.bytes.length <= MAX_HEAD_BYTES, 'size', bytesText(answer.bytes.length), {
    text: `${bytesText(answer.bytes.length)}; loaders stop at ${bytesText(MAX_HEAD_BYTES)}`,
    mend: 'This is not a head: the host answers every address with a page. Have it send 404 instead.',
  })
  const signed = await signedBy(answer.text, pins)
  if ('refusal' in signed) {
    bad(
      'signature',
      signed.refusal,
      'Is it the deployment of these keys (foryou keys show, --env)? Then sign it with them: foryou promote. Somebody else may have written it.',
    )
    return { found, head: null }
  }
  const { head, kid } = signed
  good('signature', `by the pinned key ${kid}`)
  expect(pins.ops.length >= 2 && pins.release.length >= 2, 'second key', 'two keys of each kind are pinned', {
    state: 'warning',
    text: 'only one key of a kind is pinned: were it lost or leaked, no loader out there would know another',
    mend: 'Pin a second one long before it is needed: foryou keys.',
  })
  expect(head.site === site, 'site', `"${head.site}"`, {
    text: `"${head.site}", not "${site}"`,
    mend: 'Set SITE in wrangler.toml and "site" in foryou.config.json to one name.',
  })
  freshness(found, head, now())
  return { found, head }
}

function freshness(found: Finding[], { issued, expires, active, kill }: Head, now: number): void {
  const own = findingsOf('Head')
  const life = expires - issued
  own.expect(now < expires, 'expiry', `good for ${ahead(expires - now)}`, {
    text: `expired ${ago(now - expires)}: visitors keep what they have`,
    mend: SIGN_AGAIN,
  })
  const left = expires - now
  if (left > 0) {
    const late = life <= CRON_LIFE_MS ? now - issued > MAX_ISSUED_AGE_MS : left < alarm(life)
    own.expect(!late, 'age', `signed ${ago(now - issued)}`, {
      state: 'warning',
      text: `signed ${ago(now - issued)}: nothing signs it again`,
      mend: SIGN_AGAIN,
    })
  }
  own.expect(active !== null, 'live', 'a bundle is live', {
    text: 'no bundle is live',
    mend: 'foryou promote DIR',
  })
  if (active) {
    const rest = active.notAfter - now
    own.expect(rest > alarm(90 * DAY_MS), 'promoted', `the bundle may be used for ${ahead(rest)}`, {
      state: rest > 0 ? 'warning' : 'bad',
      text:
        rest > 0
          ? `the bundle may be used for ${ahead(rest)} only`
          : `the bundle may not be used since ${ago(-rest)}`,
      mend: 'Promote a newer bundle, or this one again: foryou promote.',
    })
  }
  own.expect(!kill, 'kill', 'personal slates are on', {
    state: 'warning',
    text: 'personal slates are switched off everywhere',
    mend: 'When what was wrong is mended: foryou kill --off',
  })
  found.push(...own.found)
}

/** Time left at which somebody has to hear of it (trust P9). */
function alarm(life: number): number {
  return Math.max(7 * DAY_MS, life / 10)
}

/** The pinned key that has signed, with the head that it signed. */
async function signedBy(
  text: string,
  pins: Pins,
): Promise<{ head: Head; kid: string } | { refusal: string }> {
  let refusal = 'no key is pinned'
  for (const key of pins.ops) {
    try {
      return { head: parseHead(await verify('head', text, { release: [], ops: [key] })), kid: key.kid }
    } catch (error) {
      refusal =
        errorCode(error) === 'sign_error' ? 'no pinned ops key has signed it' : (error as Error).message
    }
  }
  return { refusal }
}
