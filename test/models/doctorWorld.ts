import { createHash } from 'node:crypto'
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { type Diagnosis, diagnose } from '../../models/doctor/diagnose.ts'
import type { PatientOptions } from '../../models/doctor/patient.ts'
import { openDirectoryEdge } from '../../models/publish/directoryEdge.ts'
import { openDirectoryStore } from '../../models/publish/directoryStore.ts'
import { ensureKeys, type Keys, readOpsKeys } from '../../models/publish/keys.ts'
import { publishBundle } from '../../models/publish/publishBundle.ts'
import { sign } from '../../shared/bundle/envelope.ts'
import { type Head, type Manifest, parseHead } from '../../shared/bundle/manifest.ts'
import { routes, SHA256_PATTERN } from '../../shared/domain/routes.ts'
import { tinyBundle } from './tinyBundle.ts'

export const EDGE = 'https://edge.example'
export const PAGE = 'https://shop.example/film'
const YEAR = 'public, max-age=31536000, immutable'

/** What is served under a path: everything about it can be spoilt. */
export interface Served {
  status: number
  body: Uint8Array<ArrayBuffer> | string
  headers: Record<string, string>
  /** Fails on its way. */
  broken?: boolean
  /** Does not look at If-None-Match. */
  deaf?: boolean
}

export interface DoctorWorld {
  readonly keys: Keys
  readonly manifest: string
  /** Blobs by role. */
  readonly blobs: Readonly<Record<string, string>>
  /** Changes what is served; `path` as in routes, `coding` as asked. */
  spoil:
    | ((
        path: string,
        served: Served,
        request: { method: string; coding: string; token: string | null },
      ) => void)
    | null
  /** ms that the server's clock, and then the doctor's, are ahead. */
  serverAhead: number
  doctorAhead: number
  /** The head as an ops key would sign it with these fields. */
  signed(changes: Partial<Head>, key?: number): Promise<string>
  /** Puts a signed manifest with these fields there; returns its name. */
  publish(changes: Partial<Manifest>): Promise<string>
  diagnose(options?: Partial<PatientOptions>): Promise<Diagnosis>
}

/** Writes a loader as the build would: pins as literals, and one script with its hash. */
export function tinyLoader(dir: string, pins: Keys['pins']): void {
  mkdirSync(join(dir, 'assets'), { recursive: true })
  const ranker = 'export const ranker = 1'
  const integrity = `sha256-${createHash('sha256').update(ranker).digest('base64')}`
  writeFileSync(join(dir, 'assets/ranker-01234567.js'), ranker)
  const built = `{pins:${JSON.stringify(pins)},ranker:{file:\`assets/ranker-01234567.js\`,integrity:\`${integrity}\`}}`
  writeFileSync(join(dir, 'foryou.js'), `export const built = ${built}`)
}

/** A deployment without a fault, in memory, over real signatures and files. */
export async function doctorWorld(dir: string): Promise<DoctorWorld> {
  const keys = await ensureKeys(dir)
  const blobs = {
    popularity: 'one',
    'popular.json': '{"items":[{"image":"https://img.example/1.jpg"}]}',
    'popular.html': '<ol></ol>',
  }
  const manifest = await tinyBundle(join(dir, 'bundle'), blobs)
  const site = join(dir, 'site')
  const edge = openDirectoryEdge({ dir: site, site: 'foryou', keysDir: dir, who: 'x', now: () => Date.now() })
  await publishBundle(join(dir, 'bundle'), edge, { releaseKeys: keys.release })
  await edge.change('promote', { manifest, op: 'first' })
  tinyLoader(site, keys.pins)
  const live = parseHead(JSON.parse((await edge.head())!).payload)
  const store = openDirectoryStore(site)
  const ops = readOpsKeys(dir)

  const world: DoctorWorld = {
    keys,
    manifest,
    blobs,
    spoil: null,
    serverAhead: 0,
    doctorAhead: 0,
    async signed(changes, key = 0) {
      return JSON.stringify(await sign('head', JSON.stringify({ ...live, ...changes }), [ops[key]!]))
    },
    async publish(changes) {
      const name = await tinyBundle(join(dir, 'other-bundle'), blobs, changes)
      const payload = readFileSync(join(dir, 'other-bundle/manifest.json'), 'utf8')
      await store.putDocument(name, JSON.stringify(await sign('manifest', payload, keys.release)), null)
      return name
    },
    diagnose: (options) =>
      diagnose({
        url: EDGE,
        pins: keys.pins,
        site: 'foryou',
        now: () => Date.now() + world.doctorAhead,
        tokens: keys.tokens,
        fetch: answer as typeof fetch,
        ...options,
      }),
  }
  const headText = await world.signed({ expires: live.issued + 7 * 864e5 })

  async function serve(path: string, token: string | null): Promise<Served> {
    const file = (type: string, cache: string, body: Uint8Array<ArrayBuffer> | string): Served => ({
      status: 200,
      body,
      headers: { 'content-type': type, 'cache-control': cache, vary: 'Accept-Encoding' },
    })
    const [, kind, name = ''] = /^\/v1\/([bm])\/(.*)$/.exec(path) ?? []
    const text =
      kind === 'm' && SHA256_PATTERN.test(name) ? (await store.document(name))?.envelope : undefined
    const blob = kind === 'b' ? store.blob(name) : null
    if (path === routes.head) return file('application/json', 'public, max-age=60', headText)
    if (text !== undefined) return file('application/json', YEAR, text)
    if (blob) return file('application/octet-stream', YEAR, Uint8Array.from(blob))
    if (path === routes.popular) return file('application/json', 'public, max-age=60', blobs['popular.json'])
    if (path === routes.popularHtml) return file('text/html', 'public, max-age=60', blobs['popular.html'])
    if (path === '/foryou.js' || path.startsWith('/assets/')) {
      try {
        return file('text/javascript', YEAR, Uint8Array.from(readFileSync(join(site, path))))
      } catch {}
    }
    if (path === '/openapi.json') return file('application/json', 'public, max-age=60', '{"openapi":"3.1.0"}')
    if (path.startsWith('/v1/admin/')) return administration(path, token)
    if (path === new URL(PAGE).pathname)
      return file('text/html', 'no-store', `<script type="module" src="${EDGE}/foryou.js"></script>`)
    return { status: 404, body: '{}', headers: { 'cache-control': 'public, max-age=30' } }
  }

  function administration(path: string, token: string | null): Served {
    const scope = Object.entries(keys.tokens).find(([, known]) => known === token)?.[0]
    const status = { seq: 1, versions: [], proposals: [], approvals: false, rateLimited: true }
    const done = (code: number, body: unknown = {}): Served => ({
      status: code,
      body: JSON.stringify(body),
      headers: {},
    })
    if (!scope) return done(401)
    if (path.startsWith('/v1/admin/status')) return done(200, status)
    if (path.startsWith('/v1/admin/b/')) return done(scope === 'publish' ? 415 : 403)
    return done(scope === 'promote' ? 400 : 403)
  }

  async function answer(
    url: string,
    { method = 'GET', headers = {} }: { method?: string; headers?: Record<string, string> },
  ) {
    const { pathname } = new URL(url)
    const token = headers.authorization?.replace('Bearer ', '') ?? null
    const coding = headers['accept-encoding'] ?? ''
    const served = await serve(pathname, token)
    const isPublic = !pathname.startsWith('/v1/admin/') && new URL(url).host === new URL(EDGE).host
    served.headers = {
      date: new Date(Date.now() + world.serverAhead).toUTCString(),
      etag: `"${createHash('sha256').update(served.body).digest('hex').slice(0, 8)}"`,
      ...(isPublic && {
        'access-control-allow-origin': '*',
        'access-control-expose-headers': 'Date, ETag',
        'cross-origin-resource-policy': 'cross-origin',
        'x-content-type-options': 'nosniff',
      }),
      ...(coding === 'br' && { 'content-encoding': 'br' }),
      ...served.headers,
    }
    world.spoil?.(pathname, served, { method, coding, token })
    if (served.broken) throw new TypeError('terminated')
    const known =
      !served.deaf && served.headers.etag !== undefined && headers['if-none-match'] === served.headers.etag
    const status = known && served.status === 200 ? 304 : served.status
    const empty = method === 'HEAD' || status === 304
    return new Response(empty ? null : served.body, { status, headers: served.headers })
  }
  return world
}
