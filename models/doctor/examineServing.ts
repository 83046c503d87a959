import type { Head } from '../../shared/bundle/manifest.ts'
import { routes } from '../../shared/domain/routes.ts'
import { type Finding, findingsOf } from './finding.ts'
import { type Answer, failure, type Patient } from './patient.ts'
import { ahead } from './wording.ts'

const YEAR = 31_536_000
/** Seconds that a head may be kept, in which no promote, rollback or kill is seen (trust P4). */
const MAX_HEAD_AGE = 120
/** Seconds in which what was just published may seem absent (trust F24). */
const MAX_ABSENT_AGE = 60
const MAX_SKEW_MS = 300_000
const SLOW_MS = 1000
const TIMES = 5
const HEADERS =
  'See docs/static.md for what the host must send; the Worker sends it by itself: deploy it again.'

/** How files are handed out: to other origins, through caches, by a clock. */
export async function examineServing(patient: Patient, head: Head): Promise<readonly Finding[]> {
  const { ask, base } = patient
  const report = findingsOf('Serving')
  const answer = await ask(routes.head)
  transport(report, base)
  clock(report, answer, patient.now())
  embedding(report, answer, await others(patient, head))
  await conditional(report, patient, answer)
  const age = maxAge(answer)
  report.expect(age !== null && age <= MAX_HEAD_AGE, 'head cache', `kept for ${age} s`, {
    state: 'warning',
    text:
      age === null
        ? 'nothing says how long the head may be kept'
        : `the head may be kept for ${ahead(age * 1000)}`,
    mend: 'Send "Cache-Control: public, max-age=60" with /v1/head: until then a promote, rollback or kill is seen late.',
  })
  if (head.active) await immutables(report, patient, head.active.manifest)
  await absence(report, patient)
  await speed(report, patient)
  return report.found
}

type Report = ReturnType<typeof findingsOf>

function transport({ expect }: Report, base: string): void {
  const { protocol, hostname } = new URL(base)
  const local = /^(localhost|127(\.\d+){3}|\[::1\])$/.test(hostname)
  expect(protocol === 'https:' || local, 'https', protocol === 'https:' ? 'by https' : 'on this machine', {
    text: 'by plain http: pages on https may not load it, and others have no WebCrypto to verify with',
    mend: 'Put it behind https.',
  })
}

function clock({ expect }: Report, { headers }: Answer, now: number): void {
  const date = Date.parse(headers.get('date') ?? '')
  const skew = Math.abs(date - now)
  expect(skew <= MAX_SKEW_MS, 'clock', `agrees with this machine's to ${ahead(skew)}`, {
    state: 'warning',
    text: Number.isNaN(date) ? 'answers carry no Date' : `differs from this machine's by ${ahead(skew)}`,
    mend: 'Visitors with a wrong clock go by this one. Set the clocks, and let no proxy take the Date header away.',
  })
}

/** A document and a blob: hosts set headers by path. */
async function others({ ask }: Patient, { active }: Head): Promise<readonly (readonly [string, Answer])[]> {
  const paths = [
    ...(active ? [routes.manifest(active.manifest)] : []),
    ...(active?.popularJson ? [routes.blob(active.popularJson)] : []),
  ]
  const answers = await Promise.all(paths.map(async (path) => [path.slice(0, 6), await ask(path)] as const))
  return answers.filter(([, answer]) => failure(answer) === null)
}

function embedding({ expect }: Report, answer: Answer, others: readonly (readonly [string, Answer])[]): void {
  const { headers } = answer
  const closed = [[routes.head, answer] as const, ...others].find(
    ([, { headers }]) => headers.get('access-control-allow-origin') !== '*',
  )
  expect(closed === undefined, 'CORS', 'pages of every origin may read', {
    text: `Access-Control-Allow-Origin of ${closed?.[0]} is ${quoted(closed?.[1].headers.get('access-control-allow-origin') ?? null)}: no page of another origin can read it`,
    mend: `Send "Access-Control-Allow-Origin: *". ${HEADERS}`,
  })
  const exposed = (headers.get('access-control-expose-headers') ?? '').toLowerCase()
  expect(exposed === '*' || exposed.includes('date'), 'exposed headers', 'pages may read the Date', {
    state: 'warning',
    text: 'pages cannot read the Date: a wrong clock of a visitor goes unnoticed',
    mend: `Send "Access-Control-Expose-Headers: Date, ETag". ${HEADERS}`,
  })
  expect(headers.get('cross-origin-resource-policy') === 'cross-origin', 'CORP', 'cross-origin', {
    state: 'warning',
    text: `Cross-Origin-Resource-Policy is ${quoted(headers.get('cross-origin-resource-policy'))}: isolated pages refuse it`,
    mend: `Send "Cross-Origin-Resource-Policy: cross-origin". ${HEADERS}`,
  })
  expect(headers.get('x-content-type-options') === 'nosniff', 'nosniff', 'types are not guessed', {
    state: 'warning',
    text: 'browsers may guess types',
    mend: `Send "X-Content-Type-Options: nosniff". ${HEADERS}`,
  })
}

/** What spares bytes: a tag that is asked with, and HEAD. */
async function conditional({ expect }: Report, { ask }: Patient, head: Answer): Promise<void> {
  const etag = head.headers.get('etag')
  const again = etag === null ? null : await ask(routes.head, { headers: { 'if-none-match': etag } })
  // A new head may have been written in between, with a tag of its own.
  const works = again !== null && (again.status === 304 || again.headers.get('etag') !== etag)
  expect(works, 'ETag', 'what has not changed is not sent again', {
    state: 'warning',
    text: etag === null ? 'answers carry no ETag' : `a known ETag is answered by ${again?.status}, not 304`,
    mend: 'Every look for a new head then costs a whole one. Let the host send and compare ETag.',
  })
  const only = await ask(routes.head, { method: 'HEAD' })
  expect(only.status === 200 && only.bytes.length === 0, 'HEAD', 'headers alone can be asked for', {
    state: 'warning',
    text: `HEAD is answered by ${only.status}`,
    mend: 'Monitors ask so. Let the host answer HEAD as GET, without a body.',
  })
}

/** What is named by its hash never changes: it may be kept for ever, in each coding by itself. */
async function immutables({ expect }: Report, { ask }: Patient, manifest: string): Promise<void> {
  const answer = await ask(routes.manifest(manifest))
  if (failure(answer)) return
  const age = maxAge(answer)
  const immutable = /\bimmutable\b/.test(answer.headers.get('cache-control') ?? '')
  expect(age !== null && age >= YEAR && immutable, 'blob cache', 'kept for a year', {
    state: 'warning',
    text: `documents and blobs may be kept for ${age === null ? 'an unknown time' : ahead(age * 1000)}`,
    mend: `Send "Cache-Control: public, max-age=${YEAR}, immutable" with /v1/m/ and /v1/b/: else every visit pays for them again.`,
  })
  const coding = answer.headers.get('content-encoding')
  expect(coding !== null, 'compression', `sent as ${coding}`, {
    state: 'warning',
    text: 'sent without compression: several times the bytes',
    mend: 'Let the host compress, or serve the .br files beside them.',
  })
  if (coding === null) return
  const varies = /accept-encoding|\*/i.test(answer.headers.get('vary') ?? '')
  expect(varies, 'Vary', 'caches keep the codings apart', {
    state: 'warning',
    text: 'caches are not told that the coding depends on Accept-Encoding: a client without it may get bytes that it cannot read',
    mend: 'Send "Vary: Accept-Encoding".',
  })
}

async function absence({ expect }: Report, { ask }: Patient): Promise<void> {
  const answer = await ask(routes.blob('0'.repeat(64)))
  expect(answer.status === 404, 'absent', 'what is not there is 404', {
    text: `what is not there is answered by ${answer.status}`,
    mend: 'Have the host send 404, not a page: loaders would take it for a damaged blob.',
  })
  const age = maxAge(answer) ?? 0
  expect(age <= MAX_ABSENT_AGE, '404 cache', age === 0 ? 'not kept' : `kept for ${age} s`, {
    state: 'warning',
    text: `404 may be kept for ${ahead(age * 1000)}: what is published then seems absent`,
    mend: `Let caches keep 404 for ${MAX_ABSENT_AGE} s at the most.`,
  })
}

async function speed({ expect }: Report, { ask }: Patient): Promise<void> {
  const times: number[] = []
  for (let i = 0; i < TIMES; i++) times.push((await ask(routes.head, { again: true })).milliseconds)
  times.sort((a, b) => a - b)
  const [best, median, worst] = [times[0]!, times[TIMES >> 1]!, times[TIMES - 1]!]
  expect(
    median <= SLOW_MS,
    'latency',
    `${best} to ${worst} ms for the head, ${median} in the middle of ${TIMES}`,
    {
      state: 'warning',
      text: `${median} ms for the head, in the middle of ${TIMES}`,
      mend: 'From here, that is. Is there a cache between visitors and the host, and does it keep the head?',
    },
  )
}

/** Seconds, `null` where nothing is said; what may not be kept has 0. */
function maxAge({ headers }: Answer): number | null {
  const control = headers.get('cache-control') ?? ''
  if (/\bno-(store|cache)\b/.test(control)) return 0
  const seconds = /\bs-maxage=(\d+)/.exec(control)?.[1] ?? /\bmax-age=(\d+)/.exec(control)?.[1]
  return seconds === undefined ? null : Number(seconds)
}

const quoted = (value: string | null) => (value === null ? 'missing' : `"${value}"`)
