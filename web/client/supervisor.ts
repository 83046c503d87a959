import { ForYouError } from '../../shared/domain/errors.ts'
import type { RankerThread } from '../../shared/domain/rankerThread.ts'

const START_MS = 4000
const HANG_MS = 2000
const PLACES = ['worker', 'worker', 'page'] as const

class Dead extends ForYouError {
  constructor() {
    super('ranker_failed', 'The ranker does not answer.')
  }
}

/** A running ranker, wherever it runs. */
export interface RankerHandle {
  readonly thread: RankerThread
  /** Rejects when the thread dies; never resolves. */
  readonly dead: Promise<never>
  close(): void
}
export type Place = (typeof PLACES)[number]

export interface SupervisorOptions {
  open(place: Place): Promise<RankerHandle>
  /** The first call to every thread that is started. */
  begin(thread: RankerThread): Promise<void>
}

/**
 * Starts the ranker when it is first needed and watches it: a thread that does not start within 4 s, dies, or answers nothing
 * for 2 s is ended and started once more, then the ranker runs on the page's own thread.
 */
export class Supervisor {
  readonly #options: SupervisorOptions
  #place = 0
  #running: Promise<RankerHandle> | null = null

  constructor(options: SupervisorOptions) {
    this.#options = options
  }

  /** Calls the ranker; a call that a dying thread swallowed is made again to the next one. */
  async call<T>(work: (thread: RankerThread) => Promise<T>): Promise<T> {
    for (;;) {
      this.#running ??= this.#start()
      const running = this.#running
      const handle = await running
      try {
        return await guarded(handle, work(handle.thread), this.#place < 2)
      } catch (error) {
        if (!(error instanceof Dead)) throw error
        handle.close()
        if (this.#running === running) {
          this.#running = null
          this.#place++
        }
      }
    }
  }

  close(): void {
    void this.#running?.then(
      (handle) => handle.close(),
      () => undefined,
    )
    this.#running = null
  }

  async #start(): Promise<RankerHandle> {
    for (;;) {
      let handle: RankerHandle | undefined
      try {
        const place = PLACES[this.#place] ?? 'page'
        const opening = this.#options.open(place)
        // Nothing is kept of a thread that answers too late.
        handle = await within(START_MS, opening).catch((error: unknown) => {
          void opening.then((late) => late.close()).catch(() => undefined)
          throw error
        })
        await within(START_MS, guarded(handle, this.#options.begin(handle.thread), false))
        return handle
      } catch (error) {
        handle?.close()
        if (this.#place >= 2) {
          this.#running = null
          throw error
        }
        // Refused by a policy: asking once more would only be refused once more.
        this.#place = error instanceof Dead ? this.#place + 1 : 2
      }
    }
  }
}

/** Rejects with `Dead` when the thread has died, or does not even answer a ping. */
function guarded<T>({ thread, dead }: RankerHandle, work: Promise<T>, isWorker: boolean): Promise<T> {
  return new Promise((resolve, reject) => {
    let done = false
    let timer: ReturnType<typeof setTimeout> | undefined
    const end = () => {
      done = true
      clearTimeout(timer)
    }
    const watch = () => {
      if (!done) timer = setTimeout(() => within(HANG_MS, thread.status()).then(watch, reject), HANG_MS)
    }
    if (isWorker) watch()
    dead.catch(() => reject(new Dead()))
    void work.then(resolve, reject).finally(end)
  })
}

function within<T>(ms: number, work: Promise<T>): Promise<T> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => reject(new Dead()), ms)
    void work.then(resolve, reject).finally(() => clearTimeout(timer))
  })
}
