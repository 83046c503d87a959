import { KEPT_FILE } from '../shared/domain/routes.ts'
import { answer, contextOf, type PublicContext } from './answer.ts'
import { cached, type Entity, type Wanted } from './cached.ts'
import { read, YEAR } from './served.ts'

const TYPES = { js: 'text/javascript; charset=utf-8', wasm: 'application/wasm' } as const

/** Where the bucket keeps files of loaders of before. */
export const keptObject = (path: string) => `l/${path}`
/** Under which key this location may remember such a file. */
export const keptKey = (path: string) => `/${path}?kept`

/**
 * The site's own files; below them those of loaders of before. A deployment replaces every file at once, but pages that pin
 * a loader by its hash, and browsers that have one in their caches, still ask for what belongs to it.
 */
export async function siteFile(c: PublicContext): Promise<Response> {
  const { ASSETS, BUNDLES } = c.env
  const response = await ASSETS.fetch(c.req.raw)
  if (response.status !== 404) return response
  const url = new URL(c.req.url)
  const path = url.pathname.slice(1)
  if (KEPT_FILE.test(path)) {
    await response.body?.cancel()
    const load = (wanted: Wanted) => kept(BUNDLES, path, wanted)
    const fields = {
      'content-type': TYPES[path.endsWith('.js') ? 'js' : 'wasm'],
      'cache-control': `public, max-age=${YEAR}, immutable`,
      'access-control-allow-origin': '*',
      'cross-origin-resource-policy': 'cross-origin',
      'x-content-type-options': 'nosniff',
    }
    const found = await answer(
      c,
      (wanted) => cached(contextOf(c), { key: keptKey(path), age: YEAR, load }, wanted),
      fields,
    )
    if (found) return found
  }
  const page = await ASSETS.fetch(new Request(new URL('/404', url)))
  return page.ok ? new Response(page.body, { status: 404, headers: page.headers }) : response
}

/** The name carries a hash of the content, so it tells versions apart as well. */
async function kept(bucket: R2Bucket, path: string, wanted: Wanted): Promise<Entity | null> {
  const object = await read(bucket, keptObject(path), wanted)
  return object && { ...object, etag: `"${path}"`, coding: 'identity' }
}
