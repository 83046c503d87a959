import { createHash } from 'node:crypto'
import { routes } from '../../shared/domain/routes.ts'
import { allows, type ContentPolicy, type Governed, governing, parsePolicy } from './contentPolicy.ts'
import { type Finding, findingsOf } from './finding.ts'
import { type Answer, failure, type Patient } from './patient.ts'

/** A page that embeds: whether its own policies let the recommendations work, and what they would need. */
export async function examinePage(patient: Patient, address: string): Promise<readonly Finding[]> {
  const { found, bad, good, expect } = findingsOf('Page')
  const answer = await patient.ask(address, { headers: { accept: 'text/html' } })
  const failed = failure(answer)
  if (failed) {
    bad(
      'reachable',
      `${address}: ${failed}`,
      'Give the whole address of a page that embeds the recommendations.',
    )
    return found
  }
  const page = new URL(address)
  const endpoint = new URL(patient.base)
  const local = /^(localhost|127(\.\d+){3}|\[::1\])$/.test(page.hostname)
  expect(page.protocol === 'https:' || local, 'https', local ? 'on this machine' : 'by https', {
    text: 'by plain http: browsers offer no WebCrypto there, and nothing can be verified',
    mend: 'Serve the page by https.',
  })
  const scripts = scriptTags(answer.text)
  const own = scripts.find(
    ({ src }) => src && /\/foryou(-[\w-]+)?\.js$/.test(URL.parse(src, page.href)?.pathname ?? ''),
  )
  const imported = own ? null : await importing(patient, answer, scripts, page)
  expect(
    own !== undefined || imported !== null,
    'script',
    own ? `loads ${own.src}` : `${imported} imports foryou.js`,
    {
      state: 'warning',
      text: 'neither a <script> of it nor one of its own scripts loads foryou.js',
      mend: `Add <script type="module" src="${patient.base}/foryou.js"></script>, unless it comes by a way that cannot be seen from here.`,
    },
  )
  if (own) await pinnedScript(patient, own, page, found)
  const policies = policiesOf(answer)
  if (policies.length === 0) good('policy', 'no Content-Security-Policy stands in the way')
  else found.push(...(await judge(patient, policies, page, endpoint)))
  const isolated = answer.headers.get('cross-origin-embedder-policy') === 'require-corp'
  if (isolated && page.origin !== endpoint.origin)
    expect(own?.crossorigin === true, 'isolation', 'isolated, and the script is asked for with CORS', {
      text: 'the page is isolated (Cross-Origin-Embedder-Policy), its script has no "crossorigin"',
      mend: 'Add crossorigin to the <script>, and see "CORP" above.',
    })
  return found
}

const IMPORT = /["'`][^"'`]*\/foryou(-[\w-]+)?\.js["'`]/
/** Scripts of the page that are looked into. */
const MOST_SCRIPTS = 8

/** The script of the page's own that names the loader: the page itself, or a file of its origin. */
async function importing(
  { ask }: Patient,
  { text }: Answer,
  scripts: readonly ScriptTag[],
  page: URL,
): Promise<string | null> {
  if (IMPORT.test(text)) return 'a script of the page'
  const own = scripts
    .flatMap(({ src }) => (src ? (URL.parse(src, page.href) ?? []) : []))
    .filter(({ origin }) => origin === page.origin)
  for (const { href, pathname } of own.slice(0, MOST_SCRIPTS)) {
    if (IMPORT.test((await ask(href)).text)) return pathname
  }
  return null
}

interface ScriptTag {
  readonly src: string | undefined
  readonly integrity: string | undefined
  readonly crossorigin: boolean
}

function scriptTags(html: string): ScriptTag[] {
  return Array.from(html.matchAll(/<script\b([^>]*)>/gi), ([, attributes = '']) => ({
    src: attribute(attributes, 'src'),
    integrity: attribute(attributes, 'integrity'),
    crossorigin: /\bcrossorigin\b/i.test(attributes) || attribute(attributes, 'type') === 'module',
  }))
}

function attribute(text: string, name: string): string | undefined {
  const found = new RegExp(`\\b${name}\\s*=\\s*(?:"([^"]*)"|'([^']*)'|([^\\s"'>]+))`, 'i').exec(text)
  return found?.[1] ?? found?.[2] ?? found?.[3]
}

/** A page may pin the loader by its hash: then it runs these bytes or none. */
async function pinnedScript(
  { ask }: Patient,
  { src, integrity }: ScriptTag,
  page: URL,
  found: Finding[],
): Promise<void> {
  if (!integrity) return
  const { expect, found: own } = findingsOf('Page')
  const answer = await ask(new URL(src!, page).href)
  const hashes = integrity.split(/\s+/).map((pin) => {
    const [algorithm = '', hash] = pin.split(/-(.*)/)
    return ['sha256', 'sha384', 'sha512'].includes(algorithm) && !failure(answer)
      ? createHash(algorithm).update(answer.bytes).digest('base64') === hash
      : false
  })
  expect(hashes.includes(true), 'integrity', 'the script has the hash that the page pins', {
    text: 'the script does not have the hash that the page pins: it never runs',
    mend: 'Pin the version named by its content (foryou-….js), not foryou.js, which every deployment replaces.',
  })
  found.push(...own)
}

/** Of headers and of meta elements: all of them count at once. */
function policiesOf({ headers, text }: Answer): ContentPolicy[] {
  const fromHeader = (headers.get('content-security-policy') ?? '').split(',')
  const fromMeta = Array.from(text.matchAll(/<meta\b([^>]*)>/gi), ([, attributes = '']) =>
    attribute(attributes, 'http-equiv')?.toLowerCase() === 'content-security-policy'
      ? (attribute(attributes, 'content') ?? '')
      : '',
  )
  return [...fromHeader, ...fromMeta].filter((policy) => policy.trim() !== '').map(parsePolicy)
}

/** Every policy has to allow each of what embedding needs. */
async function judge(
  patient: Patient,
  policies: readonly ContentPolicy[],
  page: URL,
  endpoint: URL,
): Promise<readonly Finding[]> {
  const { found, expect } = findingsOf('Page')
  const refusing = (what: Governed, allowed: (sources: readonly string[]) => boolean) =>
    policies.map((policy) => governing(policy, what)).find((rule) => rule && !allowed(rule.sources))
  const need = (
    check: string,
    what: Governed,
    source: string,
    allowed: (sources: readonly string[]) => boolean,
    lack: string,
    state: 'warning' | 'bad',
  ) => {
    const rule = refusing(what, allowed)
    expect(!rule, check, `${what === 'wasm' ? 'WebAssembly' : source} is allowed`, {
      state,
      text: `${rule?.name} does not allow ${source}: ${lack}`,
      mend: `Add ${source} to ${rule?.name === 'default-src' ? `${CANONICAL[what]} (beside what default-src says)` : rule?.name} of the page's Content-Security-Policy.`,
    })
  }
  const script = new URL(`${patient.base}/foryou.js`)
  const trusted = (sources: readonly string[]) =>
    sources.includes("'strict-dynamic'") || allows(sources, script, page)
  need('script-src', 'script', endpoint.origin, trusted, 'the loader does not run', 'bad')
  need(
    'connect-src',
    'connect',
    endpoint.origin,
    (s) => allows(s, new URL(patient.base + routes.head), page),
    'nothing can be fetched',
    'bad',
  )
  need(
    'wasm',
    'wasm',
    "'wasm-unsafe-eval'",
    (s) => s.includes("'wasm-unsafe-eval'") || s.includes("'unsafe-eval'"),
    'the network is computed without WebAssembly, more slowly',
    'warning',
  )
  if (page.origin !== endpoint.origin)
    need(
      'worker-src',
      'worker',
      'blob:',
      (s) => s.includes('blob:'),
      "the ranker runs on the page's own thread",
      'warning',
    )
  else
    need(
      'worker-src',
      'worker',
      "'self'",
      (s) => allows(s, script, page),
      "the ranker runs on the page's own thread",
      'warning',
    )
  for (const host of await imageHosts(patient))
    need(
      `img-src ${host.host}`,
      'image',
      host.origin,
      (s) => allows(s, host, page),
      'pictures of items stay empty',
      'warning',
    )
  return found
}

const CANONICAL: Readonly<Record<Governed, string>> = {
  script: 'script-src',
  connect: 'connect-src',
  wasm: 'script-src',
  worker: 'worker-src',
  image: 'img-src',
}

/** Where the pictures of the popular list come from. */
async function imageHosts({ ask }: Patient): Promise<readonly URL[]> {
  const { text } = await ask(routes.popular)
  const addresses = Array.from(text.matchAll(/"image"\s*:\s*"(https?:\/\/[^"\\]+)"/g), ([, address]) =>
    URL.parse(address!),
  )
  return [...new Map(addresses.flatMap((url) => (url ? [[url.origin, url] as const] : []))).values()]
}
