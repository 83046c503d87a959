import { beforeEach, expect, test, vi } from 'vitest'
import type { RankerThread } from '../../../shared/domain/rankerThread.ts'
import type { Slate } from '../../../shared/domain/slate.ts'
import { type DetailsResolver, withOwnDetails } from '../../../web/client/ownDetails.ts'

const SLATE: Slate = {
  surface: 'because',
  items: ['a', 'b', 'c'].map((item) => ({
    item,
    score: 1,
    why: [
      { source: 'collaborative', item: 'seed', share: 1 },
      { source: 'collaborative', item: 'mine', share: 1 },
    ],
  })),
  reason: 'personal',
  manifest: null,
  partial: false,
  seed: 'seed',
}

/** Private state: whoever calls its methods must call them on the thread itself. */
class Thread {
  readonly #slate = SLATE
  async recommend() {
    return this.#slate
  }
  async update() {
    return this.#slate.reason
  }
  async status() {
    return { problems: ['of the thread'] }
  }
}

let asked: (readonly string[])[]
const titled = (ids: readonly string[]) => ids.map((id) => ({ title: id.toUpperCase() }))

function described(resolver: DetailsResolver): RankerThread {
  return withOwnDetails(new Thread() as unknown as RankerThread, (ids) => {
    asked.push(ids)
    return resolver(ids)
  })
}
beforeEach(() => {
  asked = []
})

test('asks once for the items of a slate and its seed, never for other items of the history', async () => {
  const slate = await described(async (ids) => titled(ids)).recommend({})
  expect(asked).toEqual([['a', 'b', 'c', 'seed']])
  expect(slate.items.map(({ details }) => details?.title)).toEqual(['A', 'B', 'C'])
  expect(slate.seedDetails).toEqual({ title: 'SEED' })
  expect(slate.items[0]!.why.map(({ title }) => title)).toEqual(['SEED', undefined])
})

test('leaves out what the site says nothing of', async () => {
  const thread = described(async (ids) => ids.map((id) => (id === 'b' ? null : { title: id })))
  expect((await thread.recommend({})).items.map(({ item }) => item)).toEqual(['a', 'c'])
  expect(await thread.items(['a', 'b'])).toEqual([{ id: 'a', title: 'a' }, null])
})

test.each<[string, DetailsResolver]>([
  ['rejects', () => Promise.reject(new Error('offline'))],
  ['answers for fewer ids', async () => [{ title: 'only one' }]],
  ['answers nothing', async () => undefined as never],
])('a resolver that %s takes nothing away, and the status says why', async (_, failing) => {
  let fails = false
  const thread = described((ids) => (fails ? failing(ids) : Promise.resolve(titled(ids))))
  const before = await thread.recommend({})
  fails = true
  expect(await thread.recommend({})).toEqual(before)
  expect((await thread.status()).problems).toEqual(['of the thread', expect.stringMatching(/^details: /)])
})

test('a resolver that never answers is waited for five seconds', async () => {
  vi.useFakeTimers()
  const slate = described(() => new Promise(() => undefined)).recommend({})
  await vi.advanceTimersByTimeAsync(5000)
  expect((await slate).items).toHaveLength(3)
  vi.useRealTimers()
})

test('everything else is the thread itself', async () => {
  expect(await described(async (ids) => titled(ids)).update()).toBe('personal')
})
