import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { DEFAULT_HOST, DEFAULT_PORT } from '../publish/address.ts'
import { createEdgeClient, type EdgeClient } from '../publish/edgeClient.ts'
import { type AdminTokens, KEY_FILES, readTokens } from '../publish/keys.ts'
import type { Flag, Io, ParsedArgs } from './command.ts'

/** The flag of every verb that talks to an edge. */
export const EDGE_FLAG = {
  edge: { type: 'string', value: 'URL', summary: 'the edge ($FORYOU_EDGE, else the local one)' },
} as const satisfies Record<string, Flag>

/**
 * The edge that a command means. Tokens come from $FORYOU_TOKEN (one for all scopes that it has), else from `.foryou/`.
 * @throws ForYouError `bad_usage` for an address to which no secret may be sent
 */
export function connectEdge(args: ParsedArgs, { env, root }: Io): EdgeClient {
  const local = `http://${DEFAULT_HOST}:${env.PORT || DEFAULT_PORT}`
  return createEdgeClient({
    endpoint: args.string('edge') ?? (env.FORYOU_EDGE || local),
    tokens: tokensOf(env, root),
  })
}

function tokensOf(env: Io['env'], root: string): Partial<AdminTokens> {
  const token = env.FORYOU_TOKEN
  if (token) return { publish: token, promote: token, read: token }
  return existsSync(join(root, KEY_FILES.tokens)) ? readTokens(root) : {}
}

/** For bundles that the gate refused. */
export const OVERRIDE_FLAG = {
  override: {
    type: 'string',
    value: 'REASON',
    summary: 'go on although the gate refused; the reason is signed with the bundle and shown with it',
  },
} as const
