import type { ThreadEvent, ThreadStart } from '../../shared/domain/rankerThread.ts'
import { openThread } from './openThread.ts'
import { type DetailsResolver, withOwnDetails } from './ownDetails.ts'
import { sessionHistory } from './sessionHistory.ts'
import { type Place, type RankerHandle, Supervisor } from './supervisor.ts'

/** What the ranker's keeper asks of the page's client. */
export interface BridgeHooks {
  /** How to start, as things stand now. */
  start(): ThreadStart
  /** True where the visitor has refused, as opposed to not having been asked. */
  refused(): boolean
  heard(event: ThreadEvent): void
  readonly details?: DetailsResolver | undefined
}

/**
 * Starts and watches the ranker; the loader imports this when the ranker is first needed.
 * @param ranker address of the ranker's script, already verified
 */
export function connect(ranker: string, hooks: BridgeHooks): Supervisor {
  return supervise((place, listener) => openThread(ranker, place, listener), hooks)
}

/** @param open starts a ranker in the given place */
export function supervise(
  open: (place: Place, listener: (event: ThreadEvent) => void) => Promise<RankerHandle>,
  hooks: BridgeHooks,
): Supervisor {
  const { details } = hooks
  const heard = (event: ThreadEvent) => {
    const { persist, endpoint } = hooks.start()
    if (event === 'change' && persist === 'session')
      void supervisor.call(async (thread) => sessionHistory(endpoint).write(await thread.exportHistory()))
    hooks.heard(event)
  }
  const supervisor: Supervisor = new Supervisor({
    async open(place) {
      const handle = await open(place, heard)
      return details ? { ...handle, thread: withOwnDetails(handle.thread, details) } : handle
    },
    async begin(thread) {
      const start = hooks.start()
      const kept = start.persist === 'session' && start.consent.personalise
      await thread.start({
        ...start,
        ownDetails: details !== undefined,
        history: kept ? sessionHistory(start.endpoint).read() : [],
      })
      // A visitor who has refused keeps nothing of an earlier visit either.
      if (hooks.refused()) await thread.setConsent(start.consent)
    },
  })
  return supervisor
}
