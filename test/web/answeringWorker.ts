import { ForYouError } from '../../shared/domain/errors.ts'
import type { RankerThread, ThreadEvent } from '../../shared/domain/rankerThread.ts'
import { answerCalls } from '../../web/ranker/answerCalls.ts'

/** A ranker of which only the messages matter: what it is asked for says how it answers. */
let tell: ((event: ThreadEvent) => void) | null = null
const thread = {
  async subscribe(listener) {
    tell = listener
  },
  async removeFromHistory(wish) {
    if (wish === 'usage') throw new ForYouError('bad_usage', 'No.', { hint: 'Ask for less.' })
    if (wish === 'null') throw null
    if (wish === 'event') tell?.('bundle')
    if (wish === 'later') await new Promise((resolve) => setTimeout(resolve, 50))
  },
  // What cannot be cloned is an answer that cannot cross.
  items: async (ids) => (ids.length > 0 ? [...ids].map(() => null) : ([() => 1] as never)),
} satisfies Partial<RankerThread>

answerCalls(thread as unknown as RankerThread)
