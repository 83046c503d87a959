import { loadHnswlib } from 'hnswlib-wasm'
import type { Peer } from './peer.ts'

/** Graph search by inner product, the settings of its own documentation and a wide beam. */
export async function hnswlib(): Promise<Peer> {
  const library = await loadHnswlib()
  return {
    name: 'hnswlib-wasm, inner product',
    build(vectors) {
      const index = new library.HierarchicalNSW('ip', vectors[0]!.length, '')
      index.initIndex(vectors.length, 16, 200, 100)
      index.setEfSearch(128)
      for (const [label, vector] of vectors.entries()) index.addPoint(vector, label, false)
      return (query, k) => index.searchKnn(query, k, undefined).neighbors
    },
  }
}
