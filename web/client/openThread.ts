import { proxy, wrap } from 'comlink'
import { ForYouError } from '../../shared/domain/errors.ts'
import type { RankerThread, ThreadEvent } from '../../shared/domain/rankerThread.ts'
import { built, home } from './built.ts'

/** A running ranker, wherever it runs. */
export interface RankerHandle {
  readonly thread: RankerThread
  /** Rejects when the thread dies; never resolves. */
  readonly dead: Promise<never>
  close(): void
}

/**
 * Starts the ranker.
 * @param place `worker`: a Web Worker of the page's own origin, directly or, when the loader comes from another origin, through
 *   a module of one line; `page`: the page's own thread, where a policy refuses workers or they have failed
 * @throws where the ranker cannot be fetched, has not the hash that was built in, or is refused
 */
export async function openThread(
  place: 'worker' | 'page',
  listener: (event: ThreadEvent) => void,
): Promise<RankerHandle> {
  if (!built) throw new ForYouError('internal', 'The loader was not built.')
  const { file, integrity } = built.ranker
  const url = `${home}/${file}`
  // What is started must have the hash that was built in; the start then takes the same bytes from the cache.
  await (await fetch(url, { integrity, credentials: 'omit' })).arrayBuffer()
  if (place === 'page') {
    const module: { createRanker(): RankerThread } = await import(/* @vite-ignore */ url)
    const thread = module.createRanker()
    await thread.subscribe(listener)
    return { thread, dead: new Promise(() => undefined), close: () => undefined }
  }
  const worker = new Worker(sameOrigin(url), { type: 'module' })
  const thread = wrap<RankerThread>(worker) as unknown as RankerThread
  const dead = new Promise<never>((_, reject) => {
    // A policy that refuses the worker says so by this event, later.
    worker.onerror = (event) => {
      event.preventDefault()
      reject(new ForYouError('ranker_failed', 'The ranker thread died.'))
    }
  })
  dead.catch(() => undefined)
  await Promise.race([thread.subscribe(proxy(listener)), dead])
  return { thread, dead, close: () => worker.terminate() }
}

function sameOrigin(url: string): string {
  if (new URL(url).origin === location.origin) return url
  const source = new Blob([`import ${JSON.stringify(url)}`], { type: 'text/javascript' })
  return URL.createObjectURL(source)
}
