import { sha256 } from '../shared/bundle/hash.ts'
import type { AdminToken } from '../shared/delivery/adminToken.ts'
import type { Scope } from '../shared/delivery/operation.ts'
import { ForYouError } from '../shared/domain/errors.ts'

/** Who asks, and what they may. */
export interface Caller {
  readonly name: string
  /** The token's hash, in hex. */
  readonly token: string
  readonly scopes: ReadonlySet<Scope>
}

/**
 * Checks a bearer token against the stored hashes: no cookies, nothing that a browser sends by itself (trust T17, T18).
 * @param header the Authorization header
 * @param now ms since 1970 UTC
 * @throws ForYouError `unauthorised` where there is no token, an unknown or an expired one
 */
export async function callerOf(
  header: string | undefined,
  tokens: readonly AdminToken[],
  now: number,
): Promise<Caller> {
  const [scheme, token, ...more] = (header ?? '').split(' ')
  if (scheme?.toLowerCase() !== 'bearer' || !token || more.length > 0) {
    throw new ForYouError('unauthorised', 'An admin request needs a bearer token.', {
      hint: 'The tokens lie in .foryou/tokens.private.json.',
    })
  }
  const hex = await sha256(token)
  const hash = new TextEncoder().encode(hex)
  const scopes = new Set<Scope>()
  let name = ''
  let expired = false
  for (const known of tokens) {
    // Every known hash is compared, each in constant time: how long it took tells nothing about which one came close.
    if (!crypto.subtle.timingSafeEqual(hash, new TextEncoder().encode(known.sha256))) continue
    if (known.until !== undefined && now >= known.until) {
      expired = true
      continue
    }
    scopes.add(known.scope)
    name ||= known.name ?? known.scope
  }
  if (scopes.size > 0) return { name, token: hex, scopes }
  if (expired) {
    throw new ForYouError('unauthorised', 'This token has expired.', {
      hint: 'Whoever runs the edge makes a new one: foryou keys token add.',
    })
  }
  throw new ForYouError('unauthorised', 'This token is not known here.')
}

/** @throws ForYouError `forbidden` where the token has none of the scopes */
export function demand({ scopes }: Caller, ...allowed: readonly Scope[]): void {
  if (allowed.some((scope) => scopes.has(scope))) return
  throw new ForYouError('forbidden', `This needs a token with the scope ${allowed.join(' or ')}.`)
}
