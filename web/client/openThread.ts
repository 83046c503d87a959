import { ForYouError } from '../../shared/domain/errors.ts'
import type { RankerThread, ThreadEvent } from '../../shared/domain/rankerThread.ts'
import { callThread } from './callThread.ts'
import type { Place, RankerHandle } from './supervisor.ts'

/**
 * Starts the ranker: in a Web Worker of the page's own origin, directly or, when the script lies on another origin, through a
 * module of one line; or on the page's own thread, where a policy refuses workers or they have failed.
 * @throws where it cannot be fetched, or is refused
 */
export async function openThread(
  url: string,
  place: Place,
  listener: (event: ThreadEvent) => void,
): Promise<RankerHandle> {
  if (place === 'page') {
    const module: { createRanker(): RankerThread } = await import(/* @vite-ignore */ url)
    const thread = module.createRanker()
    await thread.subscribe(listener)
    return { thread, dead: new Promise(() => undefined), close: () => undefined }
  }
  const worker = new Worker(sameOrigin(url), { type: 'module' })
  const thread = callThread(worker, listener)
  const dead = new Promise<never>((_, reject) => {
    // A policy that refuses the worker says so by this event, later.
    worker.onerror = (event) => {
      event.preventDefault()
      reject(new ForYouError('ranker_failed', 'The ranker thread died.'))
    }
  })
  // Its first answer says that it runs.
  await Promise.race([thread.status(), dead])
  return { thread, dead, close: () => worker.terminate() }
}

function sameOrigin(url: string): string {
  if (new URL(url).origin === location.origin) return url
  const source = new Blob([`import ${JSON.stringify(url)}`], { type: 'text/javascript' })
  return URL.createObjectURL(source)
}
