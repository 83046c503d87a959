import { afterEach, beforeEach, expect, test } from 'vitest'
import type { RankerThread, ThreadEvent } from '../../shared/domain/rankerThread.ts'
import { callThread } from '../../web/client/callThread.ts'

let worker: Worker
let thread: RankerThread
let events: ThreadEvent[]

beforeEach(() => {
  events = []
  worker = new Worker(new URL('./answeringWorker.ts', import.meta.url), { type: 'module' })
  thread = callThread(worker, (event) => events.push(event))
})
afterEach(() => worker.terminate())

test('every call gets its own answer, in whatever order they come', async () => {
  const order: string[] = []
  const later = thread.removeFromHistory('later').then(() => order.push('later'))
  const items = await thread.items(['a', 'b'])
  order.push('items')
  await later
  expect(items).toEqual([null, null])
  expect(order).toEqual(['items', 'later'])
})

test('an error keeps its code and its hint on the way', async () => {
  await expect(thread.removeFromHistory('usage')).rejects.toMatchObject({
    name: 'ForYouError',
    code: 'bad_usage',
    message: 'No.',
    hint: 'Ask for less.',
  })
})

test('whatever is thrown, and what cannot cross, is an error; the thread goes on', async () => {
  await expect(thread.removeFromHistory('null')).rejects.toBeInstanceOf(Error)
  await expect(thread.items([])).rejects.toMatchObject({ name: 'DataCloneError' })
  await expect((thread as unknown as { none(): Promise<void> }).none()).rejects.toMatchObject({
    name: 'TypeError',
  })
  await expect(thread.removeFromHistory((() => 1) as never)).rejects.toMatchObject({ name: 'DataCloneError' })
  expect(await thread.items(['a'])).toEqual([null])
})

test('events are heard beside the answers', async () => {
  await thread.removeFromHistory('event')
  expect(events).toEqual(['bundle'])
})

test('a promise may be resolved with it', async () => {
  expect(await Promise.resolve(thread).then((same) => same.items(['a']))).toEqual([null])
})
