import type { NetworkWeights } from '../../shared/bundle/rankerFile.ts'
import type { Network } from '../../shared/rank/network.ts'
import { type PinnedFile, verified } from './part.ts'
import type { NetworkLoader } from './platform.ts'

interface NetworkChunk {
  load(weights: NetworkWeights): Promise<Network>
}

/** Written in by the build; absent where the sources run as they are. */
declare const __FORYOU_TFJS__: Record<NetworkLoader['backend'], PinnedFile> | undefined

/** tfjs on WebAssembly, then on plain JavaScript: each is fetched only when a bundle brings a network to compute. */
export function networkLoaders(): readonly NetworkLoader[] {
  if (typeof __FORYOU_TFJS__ === 'undefined') return []
  const chunks = __FORYOU_TFJS__
  return (['wasm', 'cpu'] as const).map((backend) => ({
    backend,
    async load(weights) {
      const { load }: NetworkChunk = await import(/* @vite-ignore */ await verified(chunks[backend]))
      return load(weights)
    },
  }))
}
