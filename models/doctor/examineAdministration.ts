import { parseJson } from '../../shared/bundle/manifest.ts'
import { StatusSchema } from '../../shared/delivery/api.ts'
import { SCOPES, type Scope } from '../../shared/delivery/operation.ts'
import { DAY_MS } from '../../shared/domain/clock.ts'
import { routes } from '../../shared/domain/routes.ts'
import { type Finding, findingsOf } from './finding.ts'
import type { Patient, Question } from './patient.ts'
import { listed } from './wording.ts'

/** Where an OpenAPI document may lie. */
const DESCRIPTIONS = ['/openapi.json', '/v1/openapi.json']

/**
 * Requests that each need one scope and change nothing: whoever may make them is told that their type or body is wrong, whoever may
 * not is told that.
 */
const TRIALS: Readonly<Record<Scope, readonly [path: string, question: Question]>> = {
  publish: [
    routes.admin.blob('0'.repeat(64), 'identity'),
    { method: 'PUT', headers: { 'content-type': 'text/plain' }, body: '' },
  ],
  promote: [
    routes.admin.promote,
    { method: 'POST', headers: { 'content-type': 'application/json' }, body: '{}' },
  ],
  rules: [
    routes.admin.rules,
    { method: 'POST', headers: { 'content-type': 'application/json' }, body: '{}' },
  ],
  read: [routes.admin.status, {}],
}
/** Every token may read the status. */
const MAY: Readonly<Record<Scope, readonly Scope[]>> = {
  publish: ['publish', 'read'],
  promote: ['promote', 'rules', 'read'],
  rules: ['rules', 'read'],
  read: ['read'],
}

/** What changes the edge: closed to strangers, open to each token as far as its scope goes. Nothing is changed. */
export async function examineAdministration(patient: Patient): Promise<readonly Finding[]> {
  const { ask, tokens } = patient
  const { found, good, warning, unknown, expect, bad } = findingsOf('Administration')
  const refused = await ask(routes.admin.status)
  if (refused.status === 404 || refused.status === 405 || refused.status === 0) {
    unknown('admin', 'there is none: plain files, changed by --to')
    return found
  }
  if (refused.status === 503) {
    warning(
      'admin',
      'the edge has no secrets: it serves, but nothing can be published',
      'Deploy it with them: npm run deploy.',
    )
    return found
  }
  expect(refused.status === 401, 'strangers', 'are refused', {
    text: `a request without a token is answered by ${refused.status}`,
    mend: 'Deploy the Worker again. If something in front of it lets requests in, take that away.',
  })
  expect(
    refused.headers.get('access-control-allow-origin') === null,
    'admin CORS',
    'no page can send admin requests',
    {
      text: 'pages of other origins may read admin answers',
      mend: 'Take CORS headers away from /v1/admin: a proxy in front adds them.',
    },
  )
  const descriptions = await Promise.all(DESCRIPTIONS.map((path) => ask(path)))
  const described = descriptions.some(({ status, text }) => status === 200 && /"openapi"\s*:/.test(text))
  expect(described, 'description', 'the API is described', {
    state: 'warning',
    text: 'there is no openapi.json',
    mend: 'Deploy a newer Worker.',
  })
  const ending = endingSoon(patient)
  expect(ending.length === 0, 'token ends', 'no token ends within a week', {
    state: 'warning',
    text: `within a week, or already: ${listed(ending)}`,
    mend: 'Give those who need it a new one: foryou keys token add; then deploy.',
  })
  const own = SCOPES.filter((scope) => tokens?.[scope])
  if (own.length === 0) {
    unknown('tokens', 'not looked at: --tokens sends yours there')
    return found
  }
  const wrong = (await Promise.all(own.map((scope) => misfits(patient, scope, tokens![scope]!)))).flat()
  if (wrong.length > 0)
    bad(
      'tokens',
      listed(wrong),
      'Give the edge the hashes of these tokens: foryou keys, then npm run deploy.',
    )
  else good('tokens', `${own.join(', ')}: each may what it should, and no more`)
  await settings(patient, tokens![own[0]!]!, found)
  return found
}

function endingSoon({ endings = [], now }: Patient): string[] {
  const soon = now() + 7 * DAY_MS
  return endings.filter(({ until }) => until !== undefined && until < soon).map(({ name }) => name)
}

/** What a token may not although it should, or may although it should not. */
async function misfits({ ask }: Patient, scope: Scope, token: string): Promise<string[]> {
  const wrong: string[] = []
  for (const trial of SCOPES) {
    const [path, question] = TRIALS[trial]
    const headers = { ...question.headers, authorization: `Bearer ${token}` }
    const { status } = await ask(path, { ...question, headers })
    const should = MAY[scope].includes(trial)
    if (status === 401) return [`the ${scope} token is not known there`]
    if (status === 429 || status === 0 || status >= 500) return [`the ${scope} token: status ${status}`]
    if ((status !== 403) !== should) wrong.push(`the ${scope} token ${should ? 'may not' : 'may'} ${trial}`)
  }
  return wrong
}

async function settings({ ask }: Patient, token: string, found: Finding[]): Promise<void> {
  const { good, expect, found: own } = findingsOf('Administration')
  const answer = await ask(routes.admin.status, { headers: { authorization: `Bearer ${token}` } })
  if (answer.status !== 200) return
  const { approvals, rateLimited, versions } = parseJson(StatusSchema, answer.text, 'status')
  good(
    'approvals',
    approvals ? 'a second person approves what everybody gets' : 'one person alone may promote',
  )
  expect(rateLimited !== false, 'rate limits', 'are on', {
    state: 'warning',
    text: 'admin requests have no budget',
    mend: 'Bind the rate limits of wrangler.toml in this environment too, and deploy.',
  })
  const earlier = versions.length - 1
  good('way back', earlier > 0 ? `${earlier} earlier versions to roll back to` : 'nothing else was live yet')
  found.push(...own)
}
