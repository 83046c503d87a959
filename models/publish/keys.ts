import { randomBytes } from 'node:crypto'
import { chmodSync, existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import * as v from 'valibot'
import { type Pins, PinsSchema, type SigningKey } from '../../shared/bundle/envelope.ts'
import { sha256 } from '../../shared/bundle/hash.ts'
import { parseJson } from '../../shared/bundle/manifest.ts'
import { ForYouError } from '../../shared/domain/errors.ts'

/** Where keys lie, relative to the project's root. Everything but the pins is secret, mode 600 and ignored by git. */
export const KEY_FILES = {
  pins: 'foryou.keys.json',
  edge: '.dev.vars',
  release: '.foryou/release.private.json',
  ops: '.foryou/ops.private.json',
  tokens: '.foryou/tokens.private.json',
} as const

const Text = v.pipe(v.string(), v.minLength(1))
const SigningKeySchema = v.object({ kid: Text, alg: v.literal('ES256'), x: Text, y: Text, d: Text })
const SigningKeysSchema = v.pipe(v.array(SigningKeySchema), v.minLength(1))
const TokensSchema = v.object({ publish: Text, promote: Text, read: Text })

/** Clear admin tokens by scope; the edge knows only their hashes. */
export type AdminTokens = v.InferOutput<typeof TokensSchema>

export interface Keys {
  /** Who may sign what: public, built into the loader and given to the edge. */
  readonly pins: Pins
  readonly release: readonly SigningKey[]
  readonly tokens: AdminTokens
  /** True where they were made just now. */
  readonly created: boolean
}

const SECRETS = [KEY_FILES.release, KEY_FILES.ops, KEY_FILES.tokens]

/**
 * The keys of a project, made the first time: two release and two ops keys (ECDSA P-256), so that one can be withdrawn
 * while the other still counts, and one admin token a scope. What derives from them (the pins, the edge's `.dev.vars`) is
 * written again where it is missing.
 * @param dir the project's root
 * @throws ForYouError `bad_config` where a part of the secrets is missing or the pins are those of other keys
 */
export async function ensureKeys(dir: string): Promise<Keys> {
  const there = SECRETS.filter((file) => existsSync(join(dir, file)))
  const created = there.length === 0
  if (created) {
    if (existsSync(join(dir, KEY_FILES.pins))) throw incomplete(SECRETS.join(', '))
    await createSecrets(dir)
  } else if (there.length < SECRETS.length) {
    throw incomplete(SECRETS.filter((file) => !there.includes(file)).join(', '))
  }
  for (const file of SECRETS) chmodSync(join(dir, file), 0o600)
  const release = readKeyFile(dir, KEY_FILES.release, SigningKeysSchema)
  const ops = readKeyFile(dir, KEY_FILES.ops, SigningKeysSchema)
  const tokens = readKeyFile(dir, KEY_FILES.tokens, TokensSchema)
  const pins: Pins = { release: release.map(publicPart), ops: ops.map(publicPart) }
  const pinsText = `${JSON.stringify(pins, null, 2)}\n`
  if (!existsSync(join(dir, KEY_FILES.pins))) writeWhole(join(dir, KEY_FILES.pins), pinsText, 0o644)
  else checkPins(dir, pins)
  const vars = join(dir, KEY_FILES.edge)
  if (created || !existsSync(vars)) writeWhole(vars, await edgeVariables(ops[0]!, tokens, pins), 0o600)
  return { pins, release, tokens, created }
}

/** @throws ForYouError `bad_config` where `foryou keys` has not run, or the file is damaged */
export function readPins(dir: string): Pins {
  return readKeyFile(dir, KEY_FILES.pins, PinsSchema)
}

/** @throws ForYouError `bad_config` like readPins */
export function readTokens(dir: string): AdminTokens {
  return readKeyFile(dir, KEY_FILES.tokens, TokensSchema)
}

/** @throws ForYouError `bad_config` like readPins */
export function readReleaseKeys(dir: string): readonly SigningKey[] {
  return readKeyFile(dir, KEY_FILES.release, SigningKeysSchema)
}

/** The first one signs. @throws ForYouError `bad_config` like readPins */
export function readOpsKeys(dir: string): readonly SigningKey[] {
  return readKeyFile(dir, KEY_FILES.ops, SigningKeysSchema)
}

async function createSecrets(dir: string): Promise<void> {
  const tokens: AdminTokens = { publish: newToken(), promote: newToken(), read: newToken() }
  const release = [await newKey('release'), await newKey('release')]
  const ops = [await newKey('ops'), await newKey('ops')]
  const write = (file: string, value: unknown) =>
    writeWhole(join(dir, file), `${JSON.stringify(value, null, 2)}\n`, 0o600)
  write(KEY_FILES.release, release)
  write(KEY_FILES.ops, ops)
  write(KEY_FILES.tokens, tokens)
}

/** What the edge needs, as the environment file that wrangler reads in development and sends when it deploys. */
async function edgeVariables(ops: SigningKey, tokens: AdminTokens, pins: Pins): Promise<string> {
  const hashes = await Promise.all(
    Object.entries(tokens).map(async ([scope, token]) => ({ scope, sha256: await sha256(token) })),
  )
  const lines = { OPS_KEY: ops, ADMIN_TOKENS: hashes, PINS: pins }
  return Object.entries(lines)
    .map(([name, value]) => `${name}='${JSON.stringify(value)}'\n`)
    .join('')
}

async function newKey(role: keyof Pins): Promise<SigningKey> {
  const algorithm = { name: 'ECDSA', namedCurve: 'P-256' }
  const { privateKey } = await crypto.subtle.generateKey(algorithm, true, ['sign', 'verify'])
  const { x, y, d } = await crypto.subtle.exportKey('jwk', privateKey)
  if (!x || !y || !d) throw new ForYouError('internal', 'WebCrypto exported a key without its parts.')
  return { kid: `${role}-${(await sha256(x + y)).slice(0, 8)}`, alg: 'ES256', x, y, d }
}

function newToken(): string {
  return randomBytes(32).toString('base64url')
}

function publicPart({ kid, alg, x, y }: SigningKey): Pins['release'][number] {
  return { kid, alg, x, y }
}

/** During a rotation more keys may be pinned than this machine holds; never fewer. */
function checkPins(dir: string, own: Pins): void {
  const pinned = readPins(dir)
  for (const role of ['release', 'ops'] as const) {
    const known = new Set(pinned[role].map(({ x }) => x))
    const stranger = own[role].find(({ x }) => !known.has(x))
    if (!stranger) continue
    throw new ForYouError(
      'bad_config',
      `${KEY_FILES.pins} does not pin the ${role} key ${stranger.kid} of .foryou/.`,
      {
        hint: `Put back the private keys that belong to ${KEY_FILES.pins}, or remove that file to pin these.`,
      },
    )
  }
}

function readKeyFile<S extends v.GenericSchema>(dir: string, file: string, schema: S): v.InferOutput<S> {
  let text: string
  try {
    text = readFileSync(join(dir, file), 'utf8')
  } catch (cause) {
    throw new ForYouError('bad_config', `${file} cannot be read.`, { cause, hint: 'Run "foryou keys".' })
  }
  try {
    return parseJson(schema, text, file)
  } catch (cause) {
    throw new ForYouError('bad_config', `${file} is damaged.`, { cause, hint: 'Put it back from a copy.' })
  }
}

/** Written beside and renamed: a crash leaves no half of a key. */
function writeWhole(path: string, text: string, mode: number): void {
  mkdirSync(dirname(path), { recursive: true, mode: 0o700 })
  writeFileSync(`${path}.new`, text, { mode })
  renameSync(`${path}.new`, path)
}

function incomplete(missing: string): ForYouError {
  return new ForYouError('bad_config', `The keys are not complete: ${missing} is missing.`, {
    hint: `Put it back from a copy. To start with new keys instead, remove ${KEY_FILES.pins} and .foryou/ first.`,
  })
}
