import type { RankerThread, ThreadAnswer, ThreadEvent } from '../../shared/domain/rankerThread.ts'

/**
 * A ranker in a worker, as if it were here: every call is a message, its answer another one.
 * @param listener hears every event from now on
 */
export function callThread(
  worker: Pick<Worker, 'postMessage' | 'onmessage'>,
  listener: (event: ThreadEvent) => void,
): RankerThread {
  const waiting: [resolve: (value: unknown) => void, reject: (error: unknown) => void][] = []
  worker.onmessage = ({ data }: MessageEvent<ThreadAnswer>) => {
    if (data.length === 1) return listener(data[0])
    const [id, value, error] = data
    const [resolve, reject] = waiting[id]!
    delete waiting[id]
    if (error) reject(Object.assign(new Error(), error))
    else resolve(value)
  }
  const call = (method: string | symbol, args: unknown[]) =>
    new Promise((resolve, reject) => {
      worker.postMessage([waiting.push([resolve, reject]) - 1, method, args])
    })
  return new Proxy({} as RankerThread, {
    // A promise that is resolved with the thread asks it for `then`.
    get: (_, method) => (method === 'then' ? undefined : (...args: unknown[]) => call(method, args)),
  })
}
