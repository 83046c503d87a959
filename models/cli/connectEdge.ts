import { existsSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { ForYouError } from '../../shared/domain/errors.ts'
import { readConfigSync } from '../config.ts'
import { DEFAULT_HOST, DEFAULT_PORT } from '../publish/address.ts'
import { openDirectoryEdge } from '../publish/directoryEdge.ts'
import { createEdgeClient, type EdgeClient } from '../publish/edgeClient.ts'
import { type AdminTokens, KEY_FILES, readTokens } from '../publish/keys.ts'
import { keysDir } from '../publish/keysDir.ts'
import type { Flag, Io, ParsedArgs } from './command.ts'

/** Flags of every verb that talks to an edge: which one. */
export const EDGE_FLAG = {
  edge: { type: 'string', value: 'URL', summary: 'the edge ($FORYOU_EDGE, else the local one)' },
  env: {
    type: 'string',
    value: 'NAME',
    summary: 'or an environment of foryou.config.json, with its own keys ($FORYOU_ENV)',
  },
  to: { type: 'string', value: 'DIR', summary: 'or a folder of plain files, for a static host' },
} as const satisfies Record<string, Flag>
export const EDGE_USAGE = '[--edge URL | --env NAME | --to DIR]'

/** Where a command goes, and whose keys count there. */
export interface EdgeTarget {
  readonly site: string
  /** The folder below which its keys lie. */
  readonly keysDir: string
  /** Name in foryou.config.json. */
  readonly environment?: string
  /** Address of an edge; absent for a folder. */
  readonly endpoint?: string
  /** The folder that a static host serves. */
  readonly folder?: string
}

/**
 * What the flags and the environment mean. `--edge` and `--to` go before what an environment says of the place; its keys and
 * its site count all the same.
 * @throws ForYouError `bad_usage` for an unknown environment, or for two places at once
 */
export function edgeTarget(args: ParsedArgs, { env, root, cwd }: Io): EdgeTarget {
  const { site, environments = {} } = readConfigSync(root)
  const name = args.string('env') ?? (env.FORYOU_ENV || undefined)
  const environment = name === undefined ? {} : environments[name]
  if (!environment) {
    const known = Object.keys(environments)
    throw new ForYouError('bad_usage', `foryou.config.json has no environment "${name}".`, {
      hint: known.length > 0 ? `There are: ${known.join(', ')}.` : 'Name it there under "environments".',
    })
  }
  const common = {
    site: environment.site ?? site,
    keysDir: keysDir(root, name, environment.keys),
    ...(name !== undefined && { environment: name }),
  }
  const [edge, to] = [args.string('edge'), args.string('to')]
  if (edge !== undefined && to !== undefined)
    throw new ForYouError('bad_usage', 'Give either --edge or --to.')
  if (to !== undefined) return { ...common, folder: resolve(cwd, to) }
  if (edge === undefined && environment.to !== undefined)
    return { ...common, folder: resolve(root, environment.to) }
  const local = `http://${DEFAULT_HOST}:${env.PORT || DEFAULT_PORT}`
  return { ...common, endpoint: edge ?? environment.edge ?? (env.FORYOU_EDGE || local) }
}

/** The flags that name the place, for a command that a person shall run next. */
export function placeFlags(args: ParsedArgs): string {
  return ['env', 'edge', 'to']
    .map((flag) => [flag, args.string(flag)] as const)
    .map(([flag, value]) => (value === undefined ? '' : ` --${flag} ${value}`))
    .join('')
}

/**
 * The edge that a command means. Tokens come from $FORYOU_TOKEN (one for all scopes that it has), else from `.foryou/`.
 * @throws ForYouError `bad_usage` like edgeTarget, and for an address to which no secret may be sent
 */
export function connectEdge(args: ParsedArgs, io: Io): EdgeClient {
  const { endpoint, folder, site, keysDir, environment } = edgeTarget(args, io)
  if (folder !== undefined) {
    const who = io.env.GITHUB_ACTOR || io.env.USER || 'local'
    return openDirectoryEdge({ dir: folder, site, environment, keysDir, who, now: io.now })
  }
  return createEdgeClient({ endpoint: endpoint!, tokens: tokensOf(io.env, keysDir) })
}

/** Those at hand: $FORYOU_TOKEN (for all scopes that it has), else the ones of `.foryou/`. */
export function tokensOf(env: Io['env'], keysDir: string): Partial<AdminTokens> {
  const token = env.FORYOU_TOKEN
  if (token) return { publish: token, promote: token, rules: token, read: token }
  return existsSync(join(keysDir, KEY_FILES.tokens)) ? readTokens(keysDir) : {}
}
