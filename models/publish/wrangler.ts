import { spawn } from 'node:child_process'
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { ForYouError } from '../../shared/domain/errors.ts'
import { EDGE_SECRETS } from './edgeVariables.ts'

export interface WranglerRun {
  readonly code: number | null
  /** Standard output and error as they came. */
  readonly output: string
}

/**
 * Runs wrangler, which comes with the project.
 * @param show gets its lines as they come
 * @throws ForYouError `bad_config` where npm ci has not run
 */
export function runWrangler(
  root: string,
  args: readonly string[],
  show: (line: string) => void = () => undefined,
): Promise<WranglerRun> {
  const wrangler = join(root, 'node_modules', 'wrangler', 'bin', 'wrangler.js')
  if (!existsSync(wrangler)) {
    throw new ForYouError('bad_config', 'wrangler is not installed.', { hint: 'Run "npm ci".' })
  }
  // As in a pipeline: it asks nothing, opens no browser, and writes no bucket name into wrangler.toml.
  const env: NodeJS.ProcessEnv = {
    ...process.env,
    CI: 'true',
    NO_COLOR: '1',
    FORCE_COLOR: '0',
    WRANGLER_SEND_METRICS: 'false',
  }
  // wrangler lets variables of the shell win over the secrets file.
  for (const name of EDGE_SECRETS) delete env[name]
  const child = spawn(process.execPath, [wrangler, ...args], {
    cwd: root,
    env,
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  let output = ''
  for (const stream of [child.stdout, child.stderr]) {
    let rest = ''
    stream.setEncoding('utf8').on('data', (chunk: string) => {
      output += chunk
      const lines = (rest + chunk).split('\n')
      rest = lines.pop() ?? ''
      for (const line of lines) show(line)
    })
  }
  return new Promise((resolve, reject) => {
    child.once('error', reject)
    child.once('close', (code) => resolve({ code, output }))
  })
}

export interface DeployTarget {
  readonly root: string
  /** `[env.NAME]` of wrangler.toml, the top level without one. */
  readonly environment?: string | undefined
  readonly secretsFile: string
  /** The built site, where it is not the folder that wrangler.toml names. */
  readonly siteDir?: string
}

function deployArguments({ root, environment = '', secretsFile, siteDir }: DeployTarget): string[] {
  return [
    'deploy',
    ...['--config', join(root, 'wrangler.toml'), `--env=${environment}`, '--secrets-file', secretsFile],
    ...(siteDir === undefined ? [] : ['--assets', siteDir]),
  ]
}

/**
 * Lets wrangler put the Worker together without sending it: needs no account and no network.
 * @returns the site that the Worker would serve
 * @throws ForYouError `bad_config` in wrangler's own words, or where a binding is missing
 */
export async function rehearseDeploy(target: DeployTarget): Promise<string> {
  const { code, output } = await runWrangler(target.root, [...deployArguments(target), '--dry-run'])
  if (code !== 0)
    throw new ForYouError('bad_config', 'wrangler refuses to deploy this.', { hint: output.trim() })
  for (const binding of ['BUNDLES', 'ASSETS', 'OPS_KEY', 'ADMIN_TOKENS', 'PINS']) {
    if (output.includes(`env.${binding}`)) continue
    throw new ForYouError('bad_config', `The Worker would have no ${binding}.`, {
      hint: `${target.environment ? `[env.${target.environment}] of wrangler.toml` : 'wrangler.toml'} has to name it: nothing is inherited.`,
    })
  }
  const site = /env\.SITE \("([^"]*)"\)/.exec(output)?.[1]
  if (site !== undefined) return site
  throw new ForYouError('bad_config', 'The Worker would have no SITE.', {
    hint: 'Set it under vars in wrangler.toml.',
  })
}

/** @throws ForYouError `unauthorised` where wrangler knows no account */
export async function checkAccount(root: string): Promise<void> {
  if (process.env.CLOUDFLARE_API_TOKEN) return
  const { output } = await runWrangler(root, ['whoami'])
  if (!/not authenticated/i.test(output)) return
  throw new ForYouError('unauthorised', 'wrangler is not logged in to any account.', {
    hint: 'Run "npx wrangler login", or set CLOUDFLARE_API_TOKEN (template "Edit Cloudflare Workers").',
  })
}

/**
 * Sends the Worker, its secrets and the site. The bucket is made the first time.
 * @returns the addresses that wrangler names
 * @throws ForYouError `unavailable` in wrangler's own words
 */
export async function deployWorker(target: DeployTarget, show: (line: string) => void): Promise<string[]> {
  const { code, output } = await runWrangler(target.root, deployArguments(target), show)
  if (code !== 0) throw new ForYouError('unavailable', 'wrangler has not deployed it; see its words above.')
  return [...new Set(output.match(/https:\/\/[\w.-]+\.workers\.dev/g) ?? [])]
}
