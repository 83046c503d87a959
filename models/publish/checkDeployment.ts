import { existsSync, readFileSync } from 'node:fs'
import { join, relative } from 'node:path'
import * as v from 'valibot'
import { type Pins, PinsSchema, type SigningKey, sign, verify } from '../../shared/bundle/envelope.ts'
import { parseJson } from '../../shared/bundle/manifest.ts'
import { SigningKeySchema } from '../../shared/bundle/signingKey.ts'
import { type AdminToken, AdminTokenSchema } from '../../shared/delivery/adminToken.ts'
import { ForYouError } from '../../shared/domain/errors.ts'
import { EDGE_SECRETS } from './edgeVariables.ts'
import { KEY_FILES } from './keyFiles.ts'
import { ensureKeys, readPins } from './keys.ts'
import { demandPins } from './pinnedIn.ts'

/** What a deployment would send, after everything has been checked. */
export interface Deployment {
  /** The environment file with the secrets, for wrangler's `--secrets-file`. */
  readonly secretsFile: string
  readonly pins: Pins
  readonly opsKey: string
  readonly tokens: number
  /** What may be as it is, but should be known. */
  readonly warnings: readonly string[]
}

/**
 * Whether keys, secrets and the built site are there and belong together, before anything is sent: an edge without secrets
 * serves but cannot be changed, and a loader with other pins than the edge signs for gets nothing new.
 * @param siteDir the built site
 * @param now ms since 1970 UTC
 * @throws ForYouError `bad_config` with what to do
 */
export async function checkDeployment(dir: string, siteDir: string, now: number): Promise<Deployment> {
  readPins(dir)
  // Writes the secrets file anew from the keys, so that it cannot be of before.
  const { release } = await ensureKeys(dir)
  const secretsFile = join(dir, KEY_FILES.edge)
  const text = readFileSync(secretsFile, 'utf8')
  const leaked = release.find(({ d }) => text.includes(d))
  if (leaked) {
    throw new ForYouError('bad_config', `${shown(secretsFile)} contains the release key ${leaked.kid}.`, {
      hint: 'It never belongs on an edge. Take that line out.',
    })
  }
  const { OPS_KEY, ADMIN_TOKENS, PINS } = secretsOf(text, secretsFile)
  const opsKey = parseJson(SigningKeySchema, OPS_KEY, 'OPS_KEY')
  const tokens = parseJson(v.array(AdminTokenSchema), ADMIN_TOKENS, 'ADMIN_TOKENS')
  const pins = parseJson(PinsSchema, PINS, 'PINS')
  if (JSON.stringify(pins) !== JSON.stringify(readPins(dir))) {
    throw new ForYouError('bad_config', `PINS of ${shown(secretsFile)} are not those of ${KEY_FILES.pins}.`)
  }
  await provePair(opsKey, pins)
  checkSite(siteDir, pins)
  return {
    secretsFile,
    pins,
    opsKey: opsKey.kid,
    tokens: tokens.length,
    warnings: warningsOf(tokens, pins, now),
  }
}

/** The values of an environment file as `foryou keys` writes it: one line each, in single quotes. */
function secretsOf(text: string, file: string): Record<(typeof EDGE_SECRETS)[number], string> {
  const entries = EDGE_SECRETS.map((name) => {
    const value = new RegExp(`^${name}='(.*)'$`, 'm').exec(text)?.[1]
    if (value) return [name, value] as const
    throw new ForYouError('bad_config', `${shown(file)} has no ${name}.`, { hint: 'Run "foryou keys".' })
  })
  return Object.fromEntries(entries) as Record<(typeof EDGE_SECRETS)[number], string>
}

/** Signs something with the private part and lets the pins judge it: names alone prove nothing. */
async function provePair(opsKey: SigningKey, pins: Pins): Promise<void> {
  const envelope = JSON.stringify(await sign('head', 'a deployment', [opsKey]).catch(() => null))
  const good = await verify('head', envelope, pins).catch(() => null)
  if (good !== null) return
  throw new ForYouError('bad_config', `What the ops key ${opsKey.kid} signs is refused by the pinned keys.`, {
    hint: `Put back ${KEY_FILES.ops} and ${KEY_FILES.pins} from the same copy.`,
  })
}

function checkSite(siteDir: string, pins: Pins): void {
  const loader = join(siteDir, 'foryou.js')
  if (!existsSync(loader) || !existsSync(join(siteDir, 'index.html'))) {
    throw new ForYouError('bad_config', `There is no built site in ${shown(siteDir)}.`, {
      hint: 'Run "npm run build".',
    })
  }
  demandPins(readFileSync(loader, 'utf8'), pins)
}

function warningsOf(tokens: readonly AdminToken[], pins: Pins, now: number): string[] {
  const good = tokens.filter(({ until }) => until === undefined || now < until)
  const expired = tokens.length - good.length
  return [
    ...(['publish', 'promote'] as const)
      .filter((scope) => !good.some((token) => token.scope === scope))
      .map((scope) => `Nobody has a ${scope} token.`),
    ...(expired > 0 ? [`${expired} tokens have expired: "foryou keys" shows whose.`] : []),
    ...(['release', 'ops'] as const)
      .filter((role) => pins[role].length < 2)
      .map((role) => `Only one ${role} key is pinned: if it is lost, nothing new reaches visitors.`),
  ]
}

const shown = (path: string) => relative('.', path) || '.'
