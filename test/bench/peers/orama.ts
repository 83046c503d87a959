import { create, insertMultiple, search } from '@orama/orama'
import type { Peer } from './peer.ts'

export async function orama(): Promise<Peer> {
  return {
    name: 'orama, cosine (it has no other)',
    async build(vectors) {
      const database = create({ schema: { id: 'string', vector: `vector[${vectors[0]!.length}]` } })
      const rows = vectors.map((vector, i) => ({ id: String(i), vector: Array.from(vector) }))
      await insertMultiple(database, rows, 2000)
      return async (query, k) => {
        const options = {
          mode: 'vector',
          vector: { value: query, property: 'vector' },
          similarity: 0,
          limit: k,
        }
        const { hits } = await search(database, options)
        return hits.map(({ id }: { id: string }) => Number(id))
      }
    },
  }
}
