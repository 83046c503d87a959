import { ForYouError } from '../../shared/domain/errors.ts'
import type { BridgeHooks, connect } from './bridge.ts'
import { built, home, type ScriptFile } from './built.ts'
import type { Supervisor } from './supervisor.ts'

/**
 * Fetches what starts and watches the ranker, and the ranker itself with its parts beside it. The loader stays small by this: a page that
 * never asks for anything loads neither.
 * @throws where one of them cannot be fetched, or has not the hash that was built in
 */
export async function loadBridge(hooks: BridgeHooks): Promise<Supervisor> {
  if (!built) throw new ForYouError('internal', 'The loader was not built.')
  const [bridge, ranker] = await Promise.all(built.scripts.map(verified))
  const module: { connect: typeof connect } = await import(/* @vite-ignore */ bridge!)
  return module.connect(ranker!, hooks)
}

/**
 * What arrives must have the hash that was built in; what is started then takes the same bytes from the cache. The ranker
 * itself knows the hashes of its parts.
 */
async function verified({ file, integrity }: ScriptFile): Promise<string> {
  const url = `${home}/${file}`
  await (await fetch(url, { integrity: integrity!, credentials: 'omit' })).arrayBuffer()
  return url
}
