import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Pins, SigningKey } from '../../shared/bundle/envelope.ts'
import { type AdminTokens, type NamedToken, tokenHashes } from './adminTokens.ts'
import { KEY_FILES, writeWhole } from './keyFiles.ts'

/** The Worker's secrets, by name. */
export const EDGE_SECRETS = ['OPS_KEY', 'ADMIN_TOKENS', 'PINS'] as const

/**
 * Writes what the edge needs, all of it derived from the keys, as the environment file that wrangler reads in development
 * and sends when it deploys. Other lines of that file stay.
 */
export async function writeEdgeVariables(
  dir: string,
  ops: SigningKey,
  pins: Pins,
  tokens: AdminTokens,
  named: readonly NamedToken[],
): Promise<void> {
  const values = { OPS_KEY: ops, ADMIN_TOKENS: await tokenHashes(tokens, named), PINS: pins }
  const path = join(dir, KEY_FILES.edge)
  const before = existsSync(path) ? readFileSync(path, 'utf8') : ''
  const others = before
    .split('\n')
    .filter((line) => line.trim() !== '' && !EDGE_SECRETS.some((name) => line.startsWith(`${name}=`)))
  const own = EDGE_SECRETS.map((name) => `${name}='${JSON.stringify(values[name])}'`)
  const text = [...own, ...others, ''].join('\n')
  if (text !== before) writeWhole(path, text, 0o600)
}
