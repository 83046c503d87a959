import type { Context } from 'hono'
import type { CacheContext, Entity, Wanted } from './cached.ts'
import type { Env } from './env.ts'
import { acceptsBrotli, type Coding, matchesEtag } from './negotiate.ts'

export type PublicContext = Context<{ Bindings: Env }>

/**
 * 304, HEAD or 200 with the body as it lies there; never decoded, never collected. Ranges are not served: every answer
 * is the whole or nothing (RFC 9110 §14.2 lets a server ignore Range), because a part can be checked against no hash.
 * @param find the entity, with or without its body
 * @returns `null` where there is none
 */
export async function answer(
  c: PublicContext,
  find: (wanted: Wanted) => Promise<Entity | null>,
  fields: Record<string, string>,
): Promise<Response | null> {
  const condition = c.req.header('if-none-match')
  const isHead = c.req.method === 'HEAD'
  const entity = await find(isHead || condition ? 'headers' : 'body')
  if (!entity) return null
  const headers = new Headers({ ...fields, etag: entity.etag })
  if (matchesEtag(condition, entity.etag)) {
    await drop(entity)
    return new Response(null, { status: 304, headers })
  }
  if (entity.coding === 'br') headers.set('content-encoding', 'br')
  headers.set('content-length', String(entity.size))
  headers.set('accept-ranges', 'none')
  if (isHead) {
    await drop(entity)
    return new Response(null, { headers })
  }
  // The visitor's copy is another one: the body was not asked for yet.
  const whole = entity.body === null ? await find('body') : entity
  if (!whole?.body) return null
  return new Response(whole.body, { headers, encodeBody: 'manual' })
}

/** Where an answer depends on Accept-Encoding, it says so. */
export const VARY = { vary: 'Accept-Encoding' } as const

/** The coding for this client: the edge rewrites Accept-Encoding for the Worker and keeps the visitor's own in `cf`. */
export function codingFor(c: PublicContext): Coding {
  const own = c.req.raw.cf?.clientAcceptEncoding
  const accepted = typeof own === 'string' ? own : (c.req.header('accept-encoding') ?? null)
  return acceptsBrotli(accepted) ? 'br' : 'identity'
}

export function contextOf(c: PublicContext): CacheContext {
  return { origin: new URL(c.req.url).origin, waitUntil: (promise) => c.executionCtx.waitUntil(promise) }
}

async function drop({ body }: Entity): Promise<void> {
  if (body instanceof ReadableStream) await body.cancel()
}
