import { createHash } from 'node:crypto'
import { pinnedIn } from '../publish/pinnedIn.ts'
import { type Finding, findingsOf } from './finding.ts'
import { type Answer, failure, type Patient } from './patient.ts'
import { bytesText, listed } from './wording.ts'

const LOADER = '/foryou.js'
const BUILD =
  'Build it with these keys and deploy it: npm run build, npm run deploy (or foryou publish --to).'

/** What a page embeds: there, embeddable, with the keys of this project in it, and all that it starts. */
export async function examineLoader({ ask, base, pins }: Patient): Promise<readonly Finding[]> {
  const { found, good, bad, expect, warning } = findingsOf('Loader')
  const answer = await ask(LOADER)
  const failed = failure(answer)
  if (failed) {
    warning('reachable', `${LOADER}: ${failed}`, `Fine where pages load it from elsewhere. ${BUILD}`)
    return found
  }
  good('reachable', `${LOADER}, ${bytesText(answer.bytes.length)}`)
  embeddable(answer, found)
  const kids = pinnedIn(answer.text)
  const lacking = [...pins.release, ...pins.ops].filter(({ x }) => !answer.text.includes(x))
  const strange = kids.filter((kid) => ![...pins.release, ...pins.ops].some((key) => key.kid === kid))
  expect(lacking.length === 0, 'pins', `${kids.length} keys, the ones of this project`, {
    text: `does not pin ${listed(lacking.map(({ kid }) => kid))}`,
    mend: BUILD,
  })
  if (strange.length > 0)
    warning(
      'other pins',
      `pins ${listed(strange)}, which this project does not`,
      `Withdrawn keys go on counting until the loader is built anew. ${BUILD}`,
    )
  const starts = await started(ask, `${base}/`, answer.text)
  const wrong = starts.filter(({ problem }) => problem !== null)
  if (wrong.length > 0)
    bad(
      'starts',
      listed(wrong.map(({ file, problem }) => `${file}: ${problem}`)),
      `The loader starts only what has the hash built into it. ${BUILD}`,
    )
  else
    good(
      'starts',
      `${starts.length === 1 ? 'one script' : `${starts.length} scripts`}, with the hashes that were built in`,
    )
  return found
}

function embeddable({ headers }: Answer, found: Finding[]): void {
  const { expect, found: own } = findingsOf('Loader')
  expect(headers.get('access-control-allow-origin') === '*', 'CORS', 'pages of every origin may load it', {
    text: 'Access-Control-Allow-Origin is missing: a module of another origin is refused',
    mend: 'Send "Access-Control-Allow-Origin: *" with /foryou.js and /assets/ (the build\'s _headers does).',
  })
  expect(headers.get('cross-origin-resource-policy') === 'cross-origin', 'CORP', 'cross-origin', {
    state: 'warning',
    text: 'Cross-Origin-Resource-Policy is missing: isolated pages refuse it',
    mend: 'Send "Cross-Origin-Resource-Policy: cross-origin" with /foryou.js and /assets/.',
  })
  expect(/javascript/.test(headers.get('content-type') ?? ''), 'type', 'JavaScript', {
    text: `its type is ${headers.get('content-type') ?? 'missing'}: browsers refuse to run it as a module`,
    mend: 'Serve .js as text/javascript.',
  })
  found.push(...own)
}

interface Started {
  readonly file: string
  readonly problem: string | null
}

/** Scripts that a script pins, by file name and Subresource Integrity, and what those pin in turn. */
async function started(ask: Patient['ask'], folder: string, script: string): Promise<Started[]> {
  const pairs = script.matchAll(
    /\bfile["'`]?:\s*["'`]([^"'`]+)["'`],\s*["'`]?integrity["'`]?:\s*["'`]((sha256|sha384)-[^"'`]+)["'`]/g,
  )
  const found: Started[] = []
  for (const [, file, integrity, algorithm] of pairs) {
    const url = new URL(file!, folder)
    const answer = await ask(url.href)
    const hash = `${algorithm}-${createHash(algorithm!).update(answer.bytes).digest('base64')}`
    const problem = failure(answer) ?? (hash === integrity ? null : 'another hash')
    found.push({ file: url.pathname.slice(1), problem })
    if (problem === null) found.push(...(await started(ask, new URL('.', url).href, answer.text)))
  }
  return found
}
