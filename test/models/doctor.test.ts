import { copyFileSync, mkdtempSync, rmSync } from 'node:fs'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import type { Diagnosis } from '../../models/doctor/diagnose.ts'
import type { PatientOptions } from '../../models/doctor/patient.ts'
import { createEdgeClient } from '../../models/publish/edgeClient.ts'
import { ensureKeys } from '../../models/publish/keys.ts'
import { type LocalEdge, startLocalEdge } from '../../models/publish/localEdge.ts'
import { publishBundle } from '../../models/publish/publishBundle.ts'
import { sha256 } from '../../shared/bundle/hash.ts'
import { routes } from '../../shared/domain/routes.ts'
import { staticHost } from '../e2e/staticHost.ts'
import { type DoctorWorld, doctorWorld, EDGE, PAGE, type Served, tinyLoader } from './doctorWorld.ts'
import { runForYou } from './runForYou.ts'

const ROOT = resolve(import.meta.dirname, '../..')
const DAY = 864e5
let dir: string
let world: DoctorWorld
beforeAll(async () => {
  dir = mkdtempSync(join(tmpdir(), 'foryou-doctor-'))
  world = await doctorWorld(dir)
})
beforeEach(() => {
  world.spoil = null
  world.serverAhead = 0
  world.doctorAhead = 0
})
afterAll(() => rmSync(dir, { recursive: true }))

const ailing = ({ findings }: Diagnosis) =>
  findings
    .filter(({ state }) => state === 'bad' || state === 'warning')
    .map(({ part, check, state }) => `${state === 'bad' ? '✗' : '!'} ${part}: ${check}`)
const header = (path: string | RegExp, name: string, value: string | null) => {
  world.spoil = (asked, served) => {
    if (!(typeof path === 'string' ? asked === path : path.test(asked))) return
    delete served.headers[name]
    if (value !== null) served.headers[name] = value
  }
}
const spoil = (change: DoctorWorld['spoil']) => {
  world.spoil = change
}
const instead = (path: string, change: (served: Served) => void) => {
  world.spoil = (asked, served) => {
    if (asked === path) change(served)
  }
}
const head = (text: string) => instead(routes.head, (served) => (served.body = text))
const blob = (role: keyof DoctorWorld['blobs']) => sha256(world.blobs[role]!).then(routes.blob)
const page = (policy: string, html?: string) => {
  instead(new URL(PAGE).pathname, (served) => {
    if (policy) served.headers['content-security-policy'] = policy
    if (html) served.body = html
  })
  return { page: PAGE }
}
const at = (ms: number) => {
  world.doctorAhead = ms
  world.serverAhead = ms
}

it('finds nothing in a deployment without a fault, having looked at everything', async () => {
  const diagnosis = await world.diagnose({ page: PAGE })
  expect(ailing(diagnosis)).toEqual([])
  expect(diagnosis.findings.length).toBeGreaterThan(35)
  // What is published here cannot rank; see doctorRanking.test.ts.
  const unknown = diagnosis.findings.filter(({ state }) => state === 'unknown')
  expect(unknown.map(({ check }) => check)).toEqual(['golden cases'])
})

/** One fault at a time, and exactly what is found of it. */
type Fault = readonly [name: string, found: readonly string[], spoil: () => unknown]
const FAULTS: readonly Fault[] = [
  // Head
  ['no head', ['✗ Head: reachable'], () => instead(routes.head, (served) => (served.status = 404))],
  ['no answer', ['✗ Head: reachable'], () => instead(routes.head, (served) => (served.broken = true))],
  ['a page instead of a head', ['✗ Head: size', '✗ Head: signature'], () => head('<html>'.repeat(9000))],
  ['a head that is no JSON', ['✗ Head: signature'], () => head('<html>')],
  [
    'keys of somebody else',
    ['✗ Head: signature', '✗ Loader: pins', '! Loader: other pins'],
    async () => ({ pins: (await ensureKeys(join(dir, 'other'))).pins }),
  ],
  [
    'a changed head',
    ['✗ Head: signature'],
    async () => head((await world.signed({})).replace('\\"seq\\":1', '\\"seq\\":2')),
  ],
  [
    'one key only',
    ['! Head: second key', '! Loader: other pins'],
    () => ({ pins: { ...world.keys.pins, ops: world.keys.pins.ops.slice(0, 1) } }),
  ],
  [
    'another site',
    ['✗ Head: site', '✗ Bundle: manifest'],
    async () => head(await world.signed({ site: 'films', expires: Date.now() + 7 * DAY })),
  ],
  ['a cron that died', ['! Head: age'], () => at(3 * DAY)],
  [
    'a folder that nobody signs',
    ['! Head: age'],
    async () => {
      head(await world.signed({ expires: Date.now() + 30 * DAY }))
      at(24 * DAY)
    },
  ],
  ['an expired head', ['✗ Head: expiry'], () => at(8 * DAY)],
  [
    'nothing live',
    ['✗ Head: live'],
    async () => head(await world.signed({ active: null, expires: Date.now() + 7 * DAY })),
  ],
  [
    'no promote for long',
    ['! Head: promoted'],
    async () =>
      head(
        await world.signed({
          active: { manifest: world.manifest, notAfter: Date.now() + 5 * DAY },
          expires: Date.now() + 7 * DAY,
        }),
      ),
  ],
  [
    'no promote for too long',
    ['✗ Head: promoted'],
    async () =>
      head(
        await world.signed({
          active: { manifest: world.manifest, notAfter: Date.now() - 5 },
          expires: Date.now() + 7 * DAY,
        }),
      ),
  ],
  [
    'a kill',
    ['! Head: kill'],
    async () => head(await world.signed({ kill: true, expires: Date.now() + 7 * DAY })),
  ],
  // Bundle
  [
    'a manifest that is gone',
    ['✗ Bundle: manifest'],
    () => instead(routes.manifest(world.manifest), (served) => (served.status = 404)),
  ],
  [
    'a manifest that is another',
    ['✗ Bundle: manifest'],
    () =>
      instead(
        routes.manifest(world.manifest),
        (served) => (served.body = String(served.body).replace('popularity', 'popularitx')),
      ),
  ],
  [
    'a canary that is gone',
    ['✗ Bundle: canary'],
    async () =>
      head(
        await world.signed({
          canary: { manifest: 'c'.repeat(64), permille: 5, salt: 'x' },
          expires: Date.now() + 7 * DAY,
        }),
      ),
  ],
  [
    'rules that no device can read',
    ['✗ Bundle: rules'],
    async () => head(await world.signed({ rules: { schema: 9 } as never, expires: Date.now() + 7 * DAY })),
  ],
  [
    'rules whose blob is gone',
    ['✗ Bundle: rules'],
    async () =>
      head(
        await world.signed({ rules: { sha256: 'c'.repeat(64), bytes: 5000 }, expires: Date.now() + 7 * DAY }),
      ),
  ],
  [
    'an overlay that is gone',
    ['✗ Bundle: overlay'],
    async () => head(await world.signed({ overlay: 'c'.repeat(64), expires: Date.now() + 7 * DAY })),
  ],
  [
    'a lost blob',
    ['✗ Bundle: blobs'],
    async () => {
      const path = await blob('popularity')
      instead(path, (served) => (served.status = 404))
    },
  ],
  [
    'a truncated blob',
    ['✗ Bundle: blobs'],
    async () => {
      const path = await blob('popularity')
      instead(path, (served) => (served.body = 'on'))
    },
  ],
  [
    'a blob of the right length',
    ['✗ Bundle: blobs'],
    async () => {
      const path = await blob('popularity')
      instead(path, (served) => (served.body = 'eno'))
    },
  ],
  [
    'a Brotli body that does not decode',
    ['✗ Bundle: blobs'],
    async () => {
      const path = await blob('popularity')
      spoil((asked, served, { coding }) => {
        served.broken = asked === path && coding === 'br'
      })
    },
  ],
  [
    'an identity body that is wrong',
    ['✗ Bundle: blobs'],
    async () => {
      const path = await blob('popularity')
      world.spoil = (asked, served, { coding }) => {
        if (asked === path && coding === 'identity') served.body = 'eno'
      }
    },
  ],
  [
    'an empty second place of blobs',
    ['✗ Bundle: other blobs'],
    async () =>
      head(await world.signed({ blobBase: 'https://blobs.example', expires: Date.now() + 7 * DAY })),
  ],
  [
    'an old popular list',
    ['! Bundle: popular list'],
    () => instead(routes.popular, (served) => (served.body = '{"items":[]}')),
  ],
  [
    'no popular page',
    ['! Bundle: popular page'],
    () => instead(routes.popularHtml, (served) => (served.status = 404)),
  ],
  [
    'a manifest below its own floor',
    ['✗ Bundle: floor'],
    async () => {
      const manifest = await world.publish({ floor: 1e12 })
      const active = { manifest, notAfter: Date.now() + 80 * DAY }
      head(await world.signed({ active, expires: Date.now() + 7 * DAY }))
    },
  ],
  // Serving
  ['plain http', ['✗ Serving: https'], () => ({ url: EDGE.replace('https', 'http') })],
  ['no Date', ['! Serving: clock'], () => header(routes.head, 'date', null)],
  [
    'a wrong clock',
    ['! Serving: clock'],
    () => {
      world.serverAhead = 36e5
    },
  ],
  ['no CORS', ['✗ Serving: CORS'], () => header(routes.head, 'access-control-allow-origin', null)],
  [
    'no CORS for blobs alone',
    ['✗ Serving: CORS'],
    () => header(/^\/v1\/b\//, 'access-control-allow-origin', null),
  ],
  [
    'a Date that pages cannot read',
    ['! Serving: exposed headers'],
    () => header(routes.head, 'access-control-expose-headers', 'etag'),
  ],
  ['no CORP', ['! Serving: CORP'], () => header(routes.head, 'cross-origin-resource-policy', 'same-origin')],
  [
    'types that are guessed',
    ['! Serving: nosniff'],
    () => header(routes.head, 'x-content-type-options', null),
  ],
  ['no ETag', ['! Serving: ETag'], () => header(routes.head, 'etag', null)],
  [
    'an ETag that is not compared',
    ['! Serving: ETag'],
    () => instead(routes.head, (served) => (served.deaf = true)),
  ],
  [
    'no HEAD',
    ['! Serving: HEAD'],
    () =>
      spoil((path, served, { method }) => {
        if (path === routes.head && method === 'HEAD') served.status = 405
      }),
  ],
  [
    'a head that is kept for long',
    ['! Serving: head cache'],
    () => header(routes.head, 'cache-control', 'public, max-age=86400'),
  ],
  [
    'a head that is kept as long as somebody likes',
    ['! Serving: head cache'],
    () => header(routes.head, 'cache-control', null),
  ],
  [
    'blobs that are not kept',
    ['! Serving: blob cache'],
    () => header(routes.manifest(world.manifest), 'cache-control', 'public, max-age=600'),
  ],
  [
    'no compression',
    ['! Serving: compression'],
    () => header(routes.manifest(world.manifest), 'content-encoding', null),
  ],
  ['no Vary', ['! Serving: Vary'], () => header(routes.manifest(world.manifest), 'vary', null)],
  [
    'a page for what is not there',
    ['✗ Serving: absent'],
    () => instead(routes.blob('0'.repeat(64)), (served) => (served.status = 200)),
  ],
  [
    '404 that is kept for long',
    ['! Serving: 404 cache'],
    () => header(routes.blob('0'.repeat(64)), 'cache-control', 'public, max-age=3600'),
  ],
  [
    'a slow host',
    ['! Serving: latency'],
    () => {
      let now = Date.now()
      return { now: () => (now += 1200) }
    },
  ],
  // Loader
  ['no loader', ['! Loader: reachable'], () => instead('/foryou.js', (served) => (served.status = 404))],
  [
    'a loader without CORS',
    ['✗ Loader: CORS'],
    () => header('/foryou.js', 'access-control-allow-origin', null),
  ],
  [
    'a loader without CORP',
    ['! Loader: CORP'],
    () => header('/foryou.js', 'cross-origin-resource-policy', null),
  ],
  ['a loader that is text', ['✗ Loader: type'], () => header('/foryou.js', 'content-type', 'text/plain')],
  [
    'a loader with other keys',
    ['✗ Loader: pins', '! Loader: other pins'],
    () =>
      instead(
        '/foryou.js',
        (served) =>
          (served.body = new TextDecoder()
            .decode(served.body as Uint8Array)
            .replaceAll(world.keys.pins.ops[1]!.x, 'x')
            .replaceAll(world.keys.pins.ops[1]!.kid, 'ops-other')),
      ),
  ],
  [
    'a ranker that is another',
    ['✗ Loader: starts'],
    () => instead('/assets/ranker-01234567.js', (served) => (served.body = 'evil')),
  ],
  [
    'a ranker that is gone',
    ['✗ Loader: starts'],
    () => instead('/assets/ranker-01234567.js', (served) => (served.status = 404)),
  ],
  // Administration
  [
    'no secrets',
    ['! Administration: admin'],
    () =>
      spoil((path, served) => {
        if (path.startsWith('/v1/admin')) served.status = 503
      }),
  ],
  [
    'an open door',
    ['✗ Administration: strangers'],
    () =>
      spoil((path, served, { token }) => {
        if (path === routes.admin.status && token === null) served.status = 200
      }),
  ],
  [
    'admin answers for pages',
    ['✗ Administration: admin CORS'],
    () => header(routes.admin.status, 'access-control-allow-origin', '*'),
  ],
  [
    'no description',
    ['! Administration: description'],
    () => instead('/openapi.json', (served) => (served.status = 404)),
  ],
  ['a token that is not known', ['✗ Administration: tokens'], () => ({ tokens: { promote: 'x' } })],
  [
    'a token that ends',
    ['! Administration: token ends'],
    () => ({ endings: [{ name: 'ci', until: Date.now() + 3 * DAY }, { name: 'ada' }] }),
  ],
  [
    'a token that may too much',
    ['✗ Administration: tokens'],
    () => ({ tokens: { read: world.keys.tokens.promote! } }),
  ],
  [
    'a token that may too little',
    ['✗ Administration: tokens'],
    () => ({ tokens: { publish: world.keys.tokens.read! } }),
  ],
  [
    'no budgets',
    ['! Administration: rate limits'],
    () =>
      instead(
        routes.admin.status,
        (served) => (served.body = String(served.body).replace('"rateLimited":true', '"rateLimited":false')),
      ),
  ],
  // Page
  ['a page that is gone', ['✗ Page: reachable'], () => ({ page: `${EDGE}/nowhere` })],
  ['a page by http', ['✗ Page: https'], () => ({ page: PAGE.replace('https', 'http') })],
  ['a page without the script', ['! Page: script'], () => page('', '<p>nothing</p>')],
  [
    'a page that pins other bytes',
    ['✗ Page: integrity'],
    () => page('', `<script type="module" src="${EDGE}/foryou.js" integrity="sha384-AAAA"></script>`),
  ],
  [
    'a policy that refuses the script',
    ['✗ Page: script-src'],
    () => page(`script-src 'self' 'wasm-unsafe-eval'; worker-src blob:`),
  ],
  ['a policy that refuses to connect', ['✗ Page: connect-src'], () => page(`connect-src 'self'`)],
  ['a policy without WebAssembly', ['! Page: wasm'], () => page(`script-src https: blob:`)],
  ['a policy that refuses threads', ['! Page: worker-src'], () => page(`worker-src 'self'`)],
  [
    'a policy that refuses pictures',
    ['! Page: img-src img.example'],
    () => page(`img-src 'self' https://*.other.example`),
  ],
  [
    'a policy in the page itself',
    ['✗ Page: connect-src'],
    () =>
      page(
        '',
        `<meta http-equiv="Content-Security-Policy" content="connect-src 'none'"><script src="${EDGE}/foryou.js"></script>`,
      ),
  ],
  [
    'a policy that refuses everything',
    [
      '✗ Page: script-src',
      '✗ Page: connect-src',
      '! Page: wasm',
      '! Page: worker-src',
      '! Page: img-src img.example',
    ],
    () => page(`default-src 'none'`),
  ],
  [
    'isolation without CORS',
    ['✗ Page: isolation'],
    () => {
      instead(new URL(PAGE).pathname, (served) => {
        served.headers['cross-origin-embedder-policy'] = 'require-corp'
        served.body = `<script src="${EDGE}/foryou.js"></script>`
      })
      return { page: PAGE }
    },
  ],
]

describe('one fault at a time', () => {
  it.each(FAULTS)('%s', async (_, expected, spoil) => {
    const options = (await spoil()) ?? {}
    const diagnosis = await world.diagnose(options as Partial<PatientOptions>)
    expect(ailing(diagnosis)).toEqual(expected)
    for (const { state, mend } of diagnosis.findings)
      expect(mend !== undefined).toBe(state === 'bad' || state === 'warning')
  })
})

it('needs neither tokens nor an admin route: plain files are a deployment too', async () => {
  world.spoil = (path, served) => {
    if (path.startsWith('/v1/admin') || path === '/openapi.json') served.status = 404
  }
  const diagnosis = await world.diagnose({ tokens: {} })
  expect(ailing(diagnosis)).toEqual([])
  expect(diagnosis.findings.find(({ check }) => check === 'admin')?.state).toBe('unknown')
})

it('says of a plain static host what could be better, and that visitors are served', async () => {
  const host = createServer(staticHost('/cdn/', join(dir, 'site'), []))
  await new Promise<void>((done) => host.listen(0, '127.0.0.1', done))
  const url = `http://127.0.0.1:${(host.address() as AddressInfo).port}/cdn/`
  const diagnosis = await world.diagnose({ url, fetch })
  host.close()
  expect(ailing(diagnosis)).toEqual([
    '! Serving: exposed headers',
    '! Serving: CORP',
    '! Serving: nosniff',
    '! Serving: ETag',
    '! Serving: head cache',
    '! Serving: blob cache',
    '! Serving: compression',
    '! Loader: CORP',
  ])
})

it('finds the loader in what a page imports', async () => {
  const inline = `<script type="module">import { createForYou } from '${EDGE}/foryou.js'</script>`
  expect(ailing(await world.diagnose(page('', inline)))).toEqual([])
  const own = `<script type="module" src="/film"></script>`
  const found = (await world.diagnose(page('', own))).findings.find(({ check }) => check === 'script')
  expect(found?.state).toBe('warning')
})

it('lets a page pass whose policy allows just what is needed', async () => {
  const policy = `default-src 'none'; script-src ${EDGE} 'wasm-unsafe-eval'; connect-src ${EDGE}; worker-src blob:; img-src https://*.example`
  expect(ailing(await world.diagnose(page(policy)))).toEqual([])
})

describe('the real Worker', () => {
  let edge: LocalEdge
  let page: Server
  afterAll(async () => {
    page?.close()
    await edge?.stop()
  })

  it('is well, and the command line says so', async () => {
    const site = join(dir, 'real')
    tinyLoader(site, world.keys.pins)
    copyFileSync(join(ROOT, 'web/public/_headers'), join(site, '_headers'))
    edge = await startLocalEdge({
      root: ROOT,
      port: 0,
      persistDir: join(dir, 'edge'),
      siteDir: site,
      keysDir: dir,
      site: 'foryou',
    })
    page = createServer((_, response) =>
      response
        .setHeader(
          'content-security-policy',
          `script-src ${edge.url}; connect-src ${edge.url}; worker-src blob:`,
        )
        .end(`<script type="module" src="${edge.url}/foryou.js"></script>`),
    )
    await new Promise<void>((resolve) => page.listen(0, '127.0.0.1', resolve))
    const client = createEdgeClient({ endpoint: edge.url, tokens: world.keys.tokens })
    const { manifest } = await publishBundle(join(dir, 'bundle'), client, { releaseKeys: world.keys.release })
    await client.change('promote', { manifest, op: 'one' })

    const run = (...argv: string[]) => runForYou(dir, ['doctor', ...argv], dir, { now: Date.now })
    const host = `http://127.0.0.1:${(page.address() as AddressInfo).port}/`
    const json = await run(edge.url, '--tokens', '--page', host, '--json')
    const diagnosis: Diagnosis = JSON.parse(json.out)
    const known = ['! Administration: description', '! Page: wasm']
    expect(ailing(diagnosis).filter((line) => !known.includes(line))).toEqual([])
    expect(ailing(diagnosis)).toContain('! Page: wasm')
    expect(diagnosis.findings.find(({ check }) => check === 'tokens')?.state).toBe('good')
    expect(json.code).toBe(0)

    const { code, out: text } = await run(edge.url, '--page', host)
    expect(code).toBe(0)
    expect(text).toContain('✓ signature')
    expect(text).toMatch(/! wasm [\s\S]*without WebAssembly[\s\S]*→ Add 'wasm-unsafe-eval'/)
    expect(text).toContain('--tokens sends yours there')
    for (const token of Object.values(world.keys.tokens)) expect(text).not.toContain(token)

    rmSync(join(dir, 'foryou.keys.json'))
    await ensureKeys(join(dir, 'third'))
    copyFileSync(join(dir, 'third/foryou.keys.json'), join(dir, 'foryou.keys.json'))
    expect(await run(edge.url)).toMatchObject({ code: 1, out: expect.stringContaining('✗ signature') })
    expect(await run('nonsense')).toMatchObject({ code: 2 })
  }, 60_000)
})
