/** The two codings in which a blob lies ready; `sha256` and `bytes` always mean the identity. */
export const CODINGS = ['identity', 'br'] as const
export type Coding = (typeof CODINGS)[number]

/**
 * Whether a client takes Brotli (RFC 9110 §12.5.3): `br` or `*` with a weight above 0.
 * @param header Accept-Encoding as the client sent it, `null` where it sent none
 */
export function acceptsBrotli(header: string | null): boolean {
  let any = false
  for (const part of (header ?? '').toLowerCase().split(',')) {
    const [coding = '', ...parameters] = part.split(';').map((piece) => piece.trim())
    const weight = parameters.find((parameter) => parameter.startsWith('q='))
    const accepted = weight === undefined || Number(weight.slice(2)) > 0
    if (coding === 'br') return accepted
    if (coding === '*') any = accepted
  }
  return any
}

/**
 * Whether If-None-Match names this entity (weak comparison, RFC 9110 §13.1.2: an edge may weaken a tag on its way).
 * @param etag with its quotes
 */
export function matchesEtag(header: string | null | undefined, etag: string): boolean {
  if (!header) return false
  if (header.trim() === '*') return true
  return header.split(',').some((tag) => tag.trim().replace(/^W\//, '') === etag)
}
