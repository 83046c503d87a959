import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import type { RankerThread } from '../../shared/domain/rankerThread.ts'
import { type Place, type RankerHandle, Supervisor } from '../../web/client/supervisor.ts'

beforeEach(() => void vi.useFakeTimers())
afterEach(() => void vi.useRealTimers())

const never = () => new Promise<never>(() => undefined)
type Behaviour = 'works' | 'never starts' | 'refused' | 'hangs' | 'dies'

/** Threads that behave as told, one after the other; `started` says where each was tried. */
function threads(...behaviours: Behaviour[]) {
  const started: Place[] = []
  const closed: number[] = []
  const open = async (place: Place): Promise<RankerHandle> => {
    const n = started.push(place) - 1
    const behaviour = behaviours[n] ?? 'works'
    if (behaviour === 'refused') throw new DOMException('no', 'SecurityError')
    const answer = <T>(value: T) => (behaviour === 'hangs' ? never() : Promise.resolve(value))
    const thread = {
      status: () => answer({}),
      update: () => answer(`thread ${n}`),
      recommend: never,
    } as unknown as RankerThread
    const dead =
      behaviour === 'dies'
        ? new Promise<never>((_, reject) => setTimeout(() => reject(new Error('dead')), 500))
        : never()
    return { thread, dead, close: () => closed.push(n) }
  }
  const supervisor = new Supervisor({
    open,
    begin: () => (behaviours[started.length - 1] === 'never starts' ? never() : Promise.resolve()),
  })
  return { supervisor, started, closed }
}

test('starts once, when it is first needed', async () => {
  const { supervisor, started } = threads()
  expect(started).toEqual([])
  const calls = [1, 2, 3].map(() => supervisor.call((thread) => thread.update()))
  expect(await Promise.all(calls)).toEqual(['thread 0', 'thread 0', 'thread 0'])
  expect(started).toEqual(['worker'])
})

test('a thread that does not start within 4 s is ended and started once more, then the page serves', async () => {
  const { supervisor, started, closed } = threads('never starts', 'never starts')
  const call = supervisor.call((thread) => thread.update())
  await vi.advanceTimersByTimeAsync(3900)
  expect(started).toEqual(['worker'])
  await vi.advanceTimersByTimeAsync(200)
  expect(started).toEqual(['worker', 'worker'])
  await vi.advanceTimersByTimeAsync(4000)
  expect(await call).toBe('thread 2')
  expect([started, closed]).toEqual([
    ['worker', 'worker', 'page'],
    [0, 1],
  ])
})

test('where a policy refuses a worker, the page serves at once', async () => {
  const { supervisor, started } = threads('refused')
  expect(await supervisor.call((thread) => thread.update())).toBe('thread 1')
  expect(started).toEqual(['worker', 'page'])
})

test('a hang is noticed, and the call is made again to the next thread', async () => {
  const { supervisor, closed } = threads('hangs')
  const call = supervisor.call((thread) => thread.update())
  await vi.advanceTimersByTimeAsync(4100)
  expect(await call).toBe('thread 1')
  expect(closed).toEqual([0])
})

test('a thread that dies while it works is replaced', async () => {
  const { supervisor, closed } = threads('dies', 'works')
  let asked = 0
  const call = supervisor.call<unknown>((thread) => (asked++ === 0 ? thread.recommend({}) : thread.update()))
  await vi.advanceTimersByTimeAsync(600)
  expect(await call).toBe('thread 1')
  expect(closed).toEqual([0])
})

test('an answer that waits for the network is no hang, and the watch ends with the call', async () => {
  const { supervisor, started, closed } = threads()
  let answer: (value: string) => void = () => undefined
  const call = supervisor.call(() => new Promise<string>((resolve) => (answer = resolve)))
  await vi.advanceTimersByTimeAsync(60_000)
  answer('late')
  expect(await call).toBe('late')
  expect([started, closed]).toEqual([['worker'], []])
  await vi.advanceTimersByTimeAsync(5000)
  expect(vi.getTimerCount()).toBe(0)
})

test('an error of the ranker is the answer, not a reason to restart', async () => {
  const { supervisor, started } = threads()
  const call = supervisor.call(() => Promise.reject(new Error('bad_usage')))
  await expect(call).rejects.toThrow('bad_usage')
  expect(started).toEqual(['worker'])
})

test('where even the page cannot start it, the call says so, and a later one tries again', async () => {
  const { supervisor, started } = threads('refused', 'refused')
  await expect(supervisor.call((thread) => thread.update())).rejects.toThrow('no')
  expect(await supervisor.call((thread) => thread.update())).toBe('thread 2')
  expect(started).toEqual(['worker', 'page', 'page'])
})
