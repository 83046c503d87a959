import type { NetworkWeights } from '../../shared/bundle/rankerFile.ts'
import type { Network } from '../../shared/rank/network.ts'
import type { NetworkLoader } from './platform.ts'

/** A script that the build has made beforehand: its name beside the ranker's own file, and its Subresource Integrity. */
interface PinnedChunk {
  readonly file: string
  readonly integrity: string
}
interface NetworkChunk {
  load(weights: NetworkWeights): Promise<Network>
}

/** Written in by the build; absent where the sources run as they are. */
declare const __FORYOU_TFJS__: Record<NetworkLoader['backend'], PinnedChunk> | undefined

/** tfjs on WebAssembly, then on plain JavaScript: each is fetched only when a bundle brings a network to compute. */
export function lazyChunks(): readonly NetworkLoader[] {
  if (typeof __FORYOU_TFJS__ === 'undefined') return []
  const chunks = __FORYOU_TFJS__
  return (['wasm', 'cpu'] as const).map((backend) => ({
    backend,
    load: async (weights) => (await importPinned(chunks[backend])).load(weights),
  }))
}

/** What arrives must have the hash that was built in; the import then takes the same bytes from the cache. */
async function importPinned({ file, integrity }: PinnedChunk): Promise<NetworkChunk> {
  const url = new URL(/* @vite-ignore */ file, import.meta.url).href
  await (await fetch(url, { integrity, credentials: 'omit' })).arrayBuffer()
  return import(/* @vite-ignore */ url)
}
