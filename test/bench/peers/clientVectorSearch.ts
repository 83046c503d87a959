import { EmbeddingIndex } from 'client-vector-search'
import type { Peer } from './peer.ts'

export async function clientVectorSearch(): Promise<Peer> {
  return {
    name: 'client-vector-search, cosine (it has no other)',
    build(vectors) {
      const index = new EmbeddingIndex(
        vectors.map((vector, i) => ({ name: String(i), embedding: Array.from(vector) })),
      )
      return async (query, k) => {
        const found = await index.search(Array.from(query), { topK: k })
        return found.map(({ object }: { object: { name: string } }) => Number(object.name))
      }
    },
  }
}
