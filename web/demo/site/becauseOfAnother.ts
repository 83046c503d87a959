import type { ForYou } from '../../index.ts'

/**
 * The client for the row *because you viewed …* on a film's own page: the film itself was viewed last, and its row stands
 * above already, so this one starts from the film before it.
 */
export function becauseOfAnother(client: ForYou, item: string): ForYou {
  return {
    ...client,
    async recommend(options = {}) {
      const history = await client.history.list()
      const hidden = new Set(history.filter(({ kind }) => kind === 'hide').map((entry) => entry.item))
      const before = history.findLast((entry) => entry.item !== item && !hidden.has(entry.item))
      if (!before) return { ...(await client.recommend(options)), items: [] }
      const exclude = [...(options.exclude ?? []), item]
      const slate = await client.recommend({ ...options, surface: 'similar', item: before.item, exclude })
      return { ...slate, surface: 'because' }
    },
  }
}
