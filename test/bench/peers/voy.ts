import * as bindings from 'voy-search/voy_search_bg.js'
import wasm from 'voy-search/voy_search_bg.wasm?url'
import type { Peer } from './peer.ts'

export async function voy(): Promise<Peer> {
  const bytes = await (await fetch(wasm)).arrayBuffer()
  const { instance } = await WebAssembly.instantiate(bytes, { './voy_search_bg.js': bindings })
  bindings.__wbg_set_wasm(instance.exports)
  return {
    name: 'voy, Euclidean (it has no other)',
    build(vectors) {
      const embeddings = vectors.map((vector, i) => ({
        id: String(i),
        title: '',
        url: '',
        embeddings: Array.from(vector),
      }))
      const index = new bindings.Voy({ embeddings })
      return (query, k) => index.search(query, k).neighbors.map(({ id }: { id: string }) => Number(id))
    },
  }
}
