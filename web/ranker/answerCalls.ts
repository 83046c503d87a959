import type { RankerThread, ThreadAnswer, ThreadCall } from '../../shared/domain/rankerThread.ts'

/** Answers the page's calls to a ranker in this worker, and tells it of every event. */
export function answerCalls(thread: RankerThread): void {
  const send = (message: ThreadAnswer) => postMessage(message)
  void thread.subscribe((event) => send([event]))
  addEventListener('message', async ({ data: [id, method, args] }: MessageEvent<ThreadCall>) => {
    try {
      const answer = thread[method] as (...args: unknown[]) => Promise<unknown>
      send([id, await answer.apply(thread, args)])
    } catch (error) {
      send([id, undefined, told(error)])
    }
  })
}

/** Errors cross with their code and hint, which a structured clone would drop. */
function told(error: unknown): Partial<Error> {
  const { name, message, stack, code, hint } = Object(error) as Error & { code?: unknown; hint?: unknown }
  return { name, message, ...(stack !== undefined && { stack }), ...{ code, hint } }
}
