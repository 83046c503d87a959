import type { ItemDetails } from '../../shared/domain/catalogue.ts'
import { ForYouError } from '../../shared/domain/errors.ts'
import type { RankerThread } from '../../shared/domain/rankerThread.ts'

/**
 * A site's own source of what there is to show of items, instead of the bundle's.
 * @returns for each id, in the same order, its details, or `null` for what must not be shown
 */
export type DetailsResolver = (ids: readonly string[]) => Promise<readonly (ItemDetails | null | undefined)[]>

const TIMEOUT_MS = 5000
const MAX_KNOWN = 2000

/**
 * The same ranker, whose items are described by the site. What the site answers nothing for is left out. Where the resolver
 * fails or takes longer than 5 s, an item keeps what was last known of it, and `status().problems` says why. It is asked for
 * the items of a slate and the one that the slate starts from; never for those of the visitor's own that reasons name.
 */
export function withOwnDetails(thread: RankerThread, resolver: DetailsResolver): RankerThread {
  const known = new Map<string, ItemDetails>()
  const problems: string[] = []

  /** The ids that must not be shown. */
  async function learn(ids: readonly string[]): Promise<Set<string>> {
    const gone = new Set<string>()
    if (ids.length === 0) return gone
    try {
      const answers = await inTime(resolver(ids))
      if (answers?.length !== ids.length)
        throw new ForYouError('bad_usage', `${answers?.length} answers for ${ids.length} ids.`)
      if (known.size > MAX_KNOWN) known.clear()
      for (const [i, id] of ids.entries()) {
        const details = answers[i]
        if (typeof details?.title === 'string') known.set(id, details)
        else {
          known.delete(id)
          gone.add(id)
        }
      }
    } catch (error) {
      problems[0] = `details: ${error instanceof Error ? error.message : error}`
    }
    return gone
  }

  const own: Partial<RankerThread> = {
    async recommend(options) {
      const slate = await thread.recommend(options)
      const { seed } = slate
      const gone = await learn([
        ...new Set([...slate.items.map(({ item }) => item), ...(seed ? [seed] : [])]),
      ])
      const described = <T extends object>(id: string | undefined, key: string, from: T): T => {
        const details = known.get(id ?? '')
        return details ? { ...from, [key]: key === 'title' ? details.title : details } : from
      }
      const items = slate.items
        .filter(({ item }) => !gone.has(item))
        .map((item) => ({
          ...described(item.item, 'details', item),
          why: item.why.map((reason) => described(reason.item, 'title', reason)),
        }))
      return { ...described(seed, 'seedDetails', slate), items }
    },
    async items(ids) {
      await learn(ids)
      return ids.map((id) => {
        const details = known.get(id)
        return details ? { id, ...details } : null
      })
    },
    async status() {
      const status = await thread.status()
      return { ...status, problems: [...status.problems, ...problems] }
    },
  }
  return new Proxy(thread, {
    get: (target, name: keyof RankerThread) => own[name] ?? target[name]?.bind(target),
  })
}

function inTime<T>(work: Promise<T>): Promise<T> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => reject(new ForYouError('timeout', 'no answer.')), TIMEOUT_MS)
    void work.then(resolve, reject).finally(() => clearTimeout(timer))
  })
}
