import { chmodSync, existsSync } from 'node:fs'
import { join } from 'node:path'
import { type Pins, PinsSchema, type SigningKey } from '../../shared/bundle/envelope.ts'
import { sha256 } from '../../shared/bundle/hash.ts'
import { ForYouError } from '../../shared/domain/errors.ts'
import { type AdminTokens, newToken, readNamedTokens, readTokens } from './adminTokens.ts'
import { writeEdgeVariables } from './edgeVariables.ts'
import { KEY_FILES, readKeyFile, SigningKeysSchema, writeKeyFile } from './keyFiles.ts'

export type { AdminTokens } from './adminTokens.ts'
export { readTokens } from './adminTokens.ts'
export { KEY_FILES } from './keyFiles.ts'

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
  const release = readReleaseKeys(dir)
  const tokens = readTokens(dir)
  const own = { release: release.map(publicPart), ops: readOpsKeys(dir).map(publicPart) }
  if (!existsSync(join(dir, KEY_FILES.pins))) writeKeyFile(dir, KEY_FILES.pins, own)
  checkPins(dir, own)
  await deriveEdgeVariables(dir)
  return { pins: readPins(dir), release, tokens, created }
}

/** Writes the edge's secrets anew from keys, pins and tokens. @throws ForYouError `bad_config` */
export async function deriveEdgeVariables(dir: string): Promise<void> {
  await writeEdgeVariables(dir, readOpsKeys(dir)[0]!, readPins(dir), readTokens(dir), readNamedTokens(dir))
}

/** @throws ForYouError `bad_config` where `foryou keys` has not run, or the file is damaged */
export function readPins(dir: string): Pins {
  return readKeyFile(dir, KEY_FILES.pins, PinsSchema)
}

/** @throws ForYouError `bad_config` like readPins */
export function readReleaseKeys(dir: string): readonly SigningKey[] {
  return readKeyFile(dir, KEY_FILES.release, SigningKeysSchema)
}

/** The first one signs heads at the edge. @throws ForYouError `bad_config` like readPins */
export function readOpsKeys(dir: string): readonly SigningKey[] {
  return readKeyFile(dir, KEY_FILES.ops, SigningKeysSchema)
}

async function createSecrets(dir: string): Promise<void> {
  const tokens: AdminTokens = { publish: newToken(), promote: newToken(), read: newToken() }
  writeKeyFile(dir, KEY_FILES.release, [await newKey('release'), await newKey('release')])
  writeKeyFile(dir, KEY_FILES.ops, [await newKey('ops'), await newKey('ops')])
  writeKeyFile(dir, KEY_FILES.tokens, tokens)
}

/** A fresh pair (ECDSA P-256); its id names the role and begins the hash of the public part. */
export async function newKey(role: keyof Pins): Promise<SigningKey> {
  const algorithm = { name: 'ECDSA', namedCurve: 'P-256' }
  const { privateKey } = await crypto.subtle.generateKey(algorithm, true, ['sign', 'verify'])
  const { x, y, d } = await crypto.subtle.exportKey('jwk', privateKey)
  if (!x || !y || !d) throw new ForYouError('internal', 'WebCrypto exported a key without its parts.')
  return { kid: `${role}-${(await sha256(x + y)).slice(0, 8)}`, alg: 'ES256', x, y, d }
}

export function publicPart({ kid, alg, x, y }: SigningKey): Pins['release'][number] {
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

function incomplete(missing: string): ForYouError {
  return new ForYouError('bad_config', `The keys are not complete: ${missing} is missing.`, {
    hint: `Put it back from a copy. To start with new keys instead, remove ${KEY_FILES.pins} and .foryou/ first.`,
  })
}
