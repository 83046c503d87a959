import { existsSync, mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { ForYouError } from '../../shared/domain/errors.ts'
import { routes } from '../../shared/domain/routes.ts'
import { type Address, type AddressOptions, checkAddress } from './address.ts'
import { KEY_FILES } from './keys.ts'
import { type ProcessGroup, startGroup } from './processGroup.ts'

export interface LocalEdgeOptions extends AddressOptions {
  /** The project's root: wrangler.toml, the Worker and node_modules. */
  readonly root: string
  /** Where the simulated bucket lies; it outlives the edge. */
  readonly persistDir?: string
  /** The built site's files; the ones of wrangler.toml by default. */
  readonly siteDir?: string
  /** Where `.dev.vars` lies. */
  readonly keysDir?: string
  /** Overrides SITE of wrangler.toml. */
  readonly site?: string
  /** Stops the edge. */
  readonly signal?: AbortSignal
  /** Called once if the edge ends without having been stopped. */
  onExit?(log: string): void
}

export interface LocalEdge {
  /** Without a slash at its end. */
  readonly url: string
  readonly port: number
  /** Leader of the process group. */
  readonly pid: number
  /** Ends everything that was started; resolves when it has ended. */
  stop(): Promise<void>
  /** The latest lines that wrangler wrote. */
  log(): string
}

/** No update check, no telemetry, no look-up of where we are, no files outside the project. */
export function quietEnvironment(cacheDir: string): NodeJS.ProcessEnv {
  return {
    CI: 'true',
    DO_NOT_TRACK: '1',
    NO_COLOR: '1',
    FORCE_COLOR: '0',
    CLOUDFLARE_CF_FETCH_ENABLED: 'false',
    WRANGLER_SEND_METRICS: 'false',
    WRANGLER_SEND_ERROR_REPORTS: 'false',
    WRANGLER_HIDE_BANNER: 'true',
    // Traces of every request, kept in memory by the simulator: they took half of its time and grew without end.
    X_LOCAL_OBSERVABILITY: 'false',
    X_LOCAL_EXPLORER: 'false',
    WRANGLER_WRITE_LOGS: 'false',
    WRANGLER_REGISTRY_PATH: join(cacheDir, 'registry'),
  }
}

const START_MS = 60_000
const RELEASE_MS = 2000
const POLL_MS = 40

/**
 * Starts the edge on this machine: the real Worker in workerd under wrangler, R2 simulated on disk, no account and no
 * network. Resolves as soon as it answers.
 * @throws ForYouError `bad_usage` for an address that cannot be used, `bad_config` where npm ci has not run,
 *   `unavailable` with wrangler's own words where it did not start
 */
export async function startLocalEdge(options: LocalEdgeOptions): Promise<LocalEdge> {
  const { root, signal, onExit } = options
  const wrangler = join(root, 'node_modules', 'wrangler', 'bin', 'wrangler.js')
  if (!existsSync(wrangler)) {
    throw new ForYouError('bad_config', 'wrangler is not installed.', { hint: 'Run "npm ci".' })
  }
  const address = await checkAddress(options)
  signal?.throwIfAborted()
  const persistDir = options.persistDir ?? join(root, '.cache', 'edge')
  mkdirSync(persistDir, { recursive: true })
  const group = startGroup(process.execPath, [wrangler, ...argumentsOf(options, persistDir, address)], {
    cwd: root,
    env: { ...process.env, ...quietEnvironment(persistDir) },
  })
  const { pid, log } = group
  let stopping = false
  const stop = async () => {
    stopping = true
    signal?.removeEventListener('abort', onAbort)
    await group.stop()
    await released(address)
  }
  const onAbort = () => void stop()
  signal?.addEventListener('abort', onAbort, { once: true })
  try {
    await answers(address.url, group, signal)
  } catch (error) {
    await stop()
    throw error
  }
  void group.ended.then(() => {
    if (!stopping) onExit?.(log())
  })
  return { url: address.url, port: address.port, pid, stop, log }
}

function argumentsOf(
  { root, siteDir, keysDir = root, site }: LocalEdgeOptions,
  persistDir: string,
  { ip, port }: { ip: string; port: number },
): string[] {
  const variables = join(keysDir, KEY_FILES.edge)
  return [
    'dev',
    '--env=',
    ...['--config', join(root, 'wrangler.toml')],
    ...['--ip', ip, '--port', String(port), '--inspector-port', '0'],
    ...['--persist-to', persistDir],
    ...['--log-level', 'warn', '--show-interactive-dev-session=false', '--local'],
    ...(existsSync(variables) ? ['--env-file', variables] : []),
    ...(siteDir === undefined ? [] : ['--assets', siteDir]),
    ...(site === undefined ? [] : ['--var', `SITE:${site}`]),
  ]
}

/** workerd, killed, needs a moment to let go of its port; until then a restart would fail. */
async function released({ ip, port }: Address): Promise<void> {
  for (let waited = 0; waited < RELEASE_MS; waited += POLL_MS) {
    try {
      await checkAddress({ host: ip, port, allowInsecure: true })
      return
    } catch {
      await sleep(POLL_MS)
    }
  }
}

/** Any answer of the Worker will do: 404 before the first promote, 200 after. */
async function answers(url: string, group: ProcessGroup, signal: AbortSignal | undefined): Promise<void> {
  for (let waited = 0; waited < START_MS && group.running(); waited += POLL_MS) {
    signal?.throwIfAborted()
    try {
      const response = await fetch(url + routes.head, { signal: AbortSignal.timeout(START_MS) })
      await response.body?.cancel()
      return
    } catch {
      await sleep(POLL_MS)
    }
  }
  throw new ForYouError('unavailable', 'The local edge did not start.', {
    hint: group.log() || 'wrangler said nothing.',
  })
}
