import { type ChildProcess, spawn } from 'node:child_process'
import { existsSync, mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { ForYouError } from '../../shared/domain/errors.ts'
import { routes } from '../../shared/domain/routes.ts'
import { type AddressOptions, checkAddress } from './address.ts'
import { KEY_FILES } from './keys.ts'

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
    WRANGLER_WRITE_LOGS: 'false',
    WRANGLER_REGISTRY_PATH: join(cacheDir, 'registry'),
  }
}

const START_MS = 60_000
const POLL_MS = 40
const GRACE_MS = 1500
const LOG_LENGTH = 20_000

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
  const child = spawn(process.execPath, [wrangler, ...argumentsOf(options, persistDir, address)], {
    cwd: root,
    // A group of its own, so that stopping reaches workerd too, and Ctrl-C reaches us first.
    detached: true,
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { ...process.env, ...quietEnvironment(persistDir) },
  })
  const log = collect(child)
  const ended = new Promise<void>((resolve) => {
    child.once('exit', () => resolve())
    child.once('error', () => resolve())
  })
  const killGroup = (how: NodeJS.Signals) => kill(child, how)
  const onProcessExit = () => killGroup('SIGKILL')
  process.once('exit', onProcessExit)
  let stopping = false
  const stop = async () => {
    stopping = true
    signal?.removeEventListener('abort', onAbort)
    killGroup('SIGTERM')
    await Promise.race([ended, sleep(GRACE_MS, undefined, { ref: false })])
    killGroup('SIGKILL')
    await ended
    await groupEnded(child)
    process.removeListener('exit', onProcessExit)
  }
  const onAbort = () => void stop()
  signal?.addEventListener('abort', onAbort, { once: true })
  let up = false
  void ended.then(() => {
    if (!up || stopping) return
    killGroup('SIGKILL') // a wrangler that crashed leaves its workerd behind
    onExit?.(log())
  })
  try {
    await answers(address.url, child, log, signal)
  } catch (error) {
    await stop()
    throw error
  }
  up = true
  return { url: address.url, port: address.port, pid: child.pid ?? 0, stop, log }
}

function argumentsOf(
  { root, siteDir, keysDir = root, site }: LocalEdgeOptions,
  persistDir: string,
  { ip, port }: { ip: string; port: number },
): string[] {
  const variables = join(keysDir, KEY_FILES.edge)
  return [
    'dev',
    ...['--config', join(root, 'wrangler.toml')],
    ...['--ip', ip, '--port', String(port), '--inspector-port', '0'],
    ...['--persist-to', persistDir],
    ...['--log-level', 'warn', '--show-interactive-dev-session=false', '--local'],
    ...(existsSync(variables) ? ['--env-file', variables] : []),
    ...(siteDir === undefined ? [] : ['--assets', siteDir]),
    ...(site === undefined ? [] : ['--var', `SITE:${site}`]),
  ]
}

/** Keeps what wrangler says for the case that it fails; nobody wants to read it otherwise. */
function collect({ stdout, stderr }: ChildProcess): () => string {
  let text = ''
  for (const stream of [stdout, stderr]) {
    stream?.setEncoding('utf8').on('data', (chunk: string) => {
      text = (text + chunk).slice(-LOG_LENGTH)
    })
  }
  return () => text.trim()
}

/** Any answer of the Worker will do: 404 before the first promote, 200 after. */
async function answers(
  url: string,
  child: ChildProcess,
  log: () => string,
  signal: AbortSignal | undefined,
): Promise<void> {
  for (let waited = 0; waited < START_MS; waited += POLL_MS) {
    signal?.throwIfAborted()
    if (child.exitCode !== null || child.signalCode !== null || child.pid === undefined) break
    try {
      const response = await fetch(url + routes.head, { signal: AbortSignal.timeout(START_MS) })
      await response.body?.cancel()
      return
    } catch {
      await sleep(POLL_MS)
    }
  }
  throw new ForYouError('unavailable', 'The local edge did not start.', {
    hint: log() || 'wrangler said nothing.',
  })
}

/** wrangler ends before its workerd: only then are port and bucket free again. */
async function groupEnded(child: ChildProcess): Promise<void> {
  for (let waited = 0; waited < GRACE_MS && kill(child, 0); waited += POLL_MS) await sleep(POLL_MS)
}

/** @returns false where the whole group has ended already */
function kill({ pid }: ChildProcess, signal: NodeJS.Signals | 0): boolean {
  if (pid === undefined) return false
  try {
    return process.kill(-pid, signal)
  } catch {
    return false
  }
}
