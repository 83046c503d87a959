import { randomBytes } from 'node:crypto'
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import * as v from 'valibot'
import { sha256 } from '../../shared/bundle/hash.ts'
import { AdminTokenSchema, TokenName } from '../../shared/delivery/adminToken.ts'
import { SCOPES, type Scope } from '../../shared/delivery/operation.ts'
import { ForYouError } from '../../shared/domain/errors.ts'
import { KEY_FILES, readKeyFile, writeKeyFile } from './keyFiles.ts'

const Text = v.pipe(v.string(), v.minLength(1))
const TokensSchema = v.partial(v.object({ publish: Text, promote: Text, rules: Text, read: Text }))
/** This machine's own tokens, in clear, by scope; the edge knows only their hashes. */
export type AdminTokens = v.InferOutput<typeof TokensSchema>

/** Names that the audit trail gives by itself. */
const RESERVED: readonly string[] = ['cron', 'unknown']

const NamedTokenSchema = v.object({ ...AdminTokenSchema.entries, name: TokenName })
export type NamedToken = v.InferOutput<typeof NamedTokenSchema>

/** Characters that the platform allows one secret to have. */
const MAX_VARIABLE = 5000

/** @throws ForYouError `bad_config` where `foryou keys` has not run, or the file is damaged */
export function readTokens(dir: string): AdminTokens {
  return readKeyFile(dir, KEY_FILES.tokens, TokensSchema)
}

/** Other people's tokens. @throws ForYouError `bad_config` where the file is damaged */
export function readNamedTokens(dir: string): NamedToken[] {
  if (!existsSync(join(dir, KEY_FILES.named))) return []
  return readKeyFile(dir, KEY_FILES.named, v.array(NamedTokenSchema))
}

/** 256 random bits. */
export function newToken(): string {
  return randomBytes(32).toString('base64url')
}

/** What the edge knows of all tokens: the value of its ADMIN_TOKENS. */
export async function tokenHashes(tokens: AdminTokens, named: readonly NamedToken[]) {
  const own = await Promise.all(
    SCOPES.flatMap((scope) => tokens[scope] ?? []).map(async (token, i) => ({
      scope: SCOPES.filter((scope) => tokens[scope])[i]!,
      sha256: await sha256(token),
    })),
  )
  return [...own, ...named]
}

export interface NewToken {
  readonly name: string
  readonly scopes: readonly Scope[]
  /** In clear: shown once where it is somebody else's, kept in `.foryou/` where it is this machine's. */
  readonly token: string
  readonly until?: number
}

/**
 * Makes a token for somebody, who then goes by this name in audit trail and approvals. A name that is a scope means this
 * machine's own token of that scope.
 * @param until ms since 1970 UTC; without it the token is good until it is revoked
 * @throws ForYouError `bad_usage` for a name that is taken or cannot be one, or too many tokens
 */
export async function addToken(
  dir: string,
  name: string,
  scopes: readonly Scope[],
  until?: number,
): Promise<NewToken> {
  const token = newToken()
  const own = SCOPES.find((scope) => scope === name)
  if (own) {
    const tokens = readTokens(dir)
    if (tokens[own]) throw taken(name)
    if (scopes.length !== 1 || scopes[0] !== own || until !== undefined) {
      throw new ForYouError('bad_usage', `"${name}" is this machine's own token: its scope is ${name}.`, {
        hint: 'Choose another name for a person.',
      })
    }
    writeKeyFile(dir, KEY_FILES.tokens, { ...tokens, [own]: token })
    return { name, scopes, token }
  }
  if (!v.is(TokenName, name) || RESERVED.includes(name)) {
    throw new ForYouError('bad_usage', `"${name}" cannot be the name of a token.`, {
      hint: 'Use up to 40 letters, digits or . @ _ -',
    })
  }
  const named = readNamedTokens(dir)
  if (named.some((known) => known.name === name)) throw taken(name)
  const hash = await sha256(token)
  const added = scopes.map((scope) => ({ name, scope, sha256: hash, ...(until !== undefined && { until }) }))
  const all = [...named, ...added]
  if (JSON.stringify(await tokenHashes(readTokens(dir), all)).length > MAX_VARIABLE) {
    throw new ForYouError('bad_usage', 'There are too many tokens: a secret may have 5 kB.', {
      hint: 'Revoke some first.',
    })
  }
  writeKeyFile(dir, KEY_FILES.named, all)
  return { name, scopes, token, ...(until !== undefined && { until }) }
}

/**
 * Takes a token away, a person's or this machine's own one of that scope.
 * @throws ForYouError `not_found` where there is none of this name
 */
export function revokeToken(dir: string, name: string): void {
  const tokens = readTokens(dir)
  const own = SCOPES.find((scope) => scope === name)
  if (own && tokens[own]) {
    const { [own]: _, ...others } = tokens
    writeKeyFile(dir, KEY_FILES.tokens, others)
    return
  }
  const named = readNamedTokens(dir)
  const others = named.filter((known) => known.name !== name)
  if (others.length === named.length) {
    throw new ForYouError('not_found', `There is no token "${name}".`, { hint: '"foryou keys" lists them.' })
  }
  writeKeyFile(dir, KEY_FILES.named, others)
}

function taken(name: string): ForYouError {
  return new ForYouError('bad_usage', `There is a token "${name}" already.`, {
    hint: `To replace it: foryou keys token revoke ${name}, then add it again.`,
  })
}
