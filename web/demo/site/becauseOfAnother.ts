import type { ForYou } from '../../index.ts'

/**
 * The client for the row *because you viewed …* on a film's own page. The film itself was viewed last, and its row stands
 * above already: this one starts from the film before it, or, where there is none, goes on where the row above ends.
 */
export function becauseOfAnother(client: ForYou, item: string): ForYou {
  return {
    ...client,
    async recommend(options = {}) {
      const { exclude = [] } = options
      const history = await client.history.list()
      const hidden = new Set(history.filter(({ kind }) => kind === 'hide').map((entry) => entry.item))
      const before = history.findLast((entry) => entry.item !== item && !hidden.has(entry.item))
      if (before) {
        const query = {
          ...options,
          surface: 'similar',
          item: before.item,
          exclude: [...exclude, item],
        } as const
        return { ...(await client.recommend(query)), surface: 'because' }
      }
      const { items } = await client.recommend({ surface: 'similar', item })
      return client.recommend({ ...options, exclude: [...exclude, ...items.map((above) => above.item)] })
    },
  }
}
