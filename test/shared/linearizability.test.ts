import { beforeAll, describe, expect, it } from 'vitest'
import { deliveryWorld, type World } from './deliveryWorld.ts'
import { trial } from './linearizability.ts'
import type { MemoryStore } from './memoryStore.ts'

const SEEDS = Array.from({ length: 24 }, (_, i) => i + 1)
let world: World
beforeAll(async () => {
  world = await deliveryWorld()
})

/** How many of the trials notice that something is wrong. */
async function noticed(weaken: (store: MemoryStore) => void, seeds = SEEDS.slice(0, 6)): Promise<number> {
  let count = 0
  for (const seed of seeds) {
    const failed = await trial(world, seed, weaken).then(
      ({ faults }) => faults.length > 0,
      () => true,
    )
    if (failed) count++
  }
  return count
}

describe('concurrent changes of the head, with lost requests and lost answers', () => {
  it('come out as if done one after the other, whatever the order', async () => {
    const sum = { acknowledged: 0, lost: 0, conflicts: 0 }
    for (const seed of SEEDS) {
      const { faults, ...counts } = await trial(world, seed)
      expect(faults, `seed ${seed}`).toEqual([])
      for (const key of ['acknowledged', 'lost', 'conflicts'] as const) sum[key] += counts[key]
    }
    // Without faults and collisions these trials would have shown nothing.
    expect(sum.acknowledged).toBeGreaterThan(200)
    expect(sum.lost).toBeGreaterThan(200)
    expect(sum.conflicts).toBeGreaterThan(20)
  })

  it('would not without compare-and-swap', async () => {
    const blind = (store: MemoryStore) => {
      const put = store.putHead.bind(store)
      store.putHead = async (envelope, memory) => put(envelope, memory, (await store.head())?.etag ?? null)
    }
    expect(await noticed(blind)).toBeGreaterThan(3)
  })

  it('would not without the memory of operations', async () => {
    const forgetful = (store: MemoryStore) => {
      const put = store.putHead.bind(store)
      store.putHead = (envelope, memory, replaces) => put(envelope, { ...memory, ops: [] }, replaces)
    }
    expect(await noticed(forgetful)).toBeGreaterThan(3)
  })

  it('would not without the audit trail that reaches further back than the memory', async () => {
    // Rare: somebody must come back after four others. These seeds have it.
    const short = (store: MemoryStore) => {
      const read = store.lines.bind(store)
      // The search for a past operation asks for 200; a rollback reads more.
      store.lines = async (limit) => (limit === 200 ? [] : read(limit))
    }
    expect(await noticed(short, [17, 32, 37])).toBe(3)
  })
})
