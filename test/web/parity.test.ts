import { beforeAll, describe, expect, test } from 'vitest'
import type { Bundle } from '../../shared/bundle/openBundle.ts'
import { rankState } from '../../shared/rank/queryState.ts'
import { DeviceDatabase, deleteDeviceDatabase, openDeviceDatabase } from '../../web/ranker/database.ts'
import { HistoryStore } from '../../web/ranker/historyStore.ts'
import { load as loadCpu } from '../../web/ranker/tfjsCpu.ts'
import { load as loadWasm } from '../../web/ranker/tfjsWasm.ts'
import type { ParityCase } from './parityCase.ts'
import { comparison, parityCases } from './parityCases.ts'
import { rowsDigest } from './parityRows.ts'

let bundle: Bundle
let cases: readonly ParityCase[]
beforeAll(async () => {
  ;({ bundle, cases } = await parityCases())
}, 60_000)

test('features computed from IndexedDB are those of Node, to the last bit', async () => {
  const state = rankState(bundle)
  const asked = cases.filter(({ features }) => features !== undefined)
  const different: number[] = []
  for (const [c, { history, now, features }] of asked.entries()) {
    await deleteDeviceDatabase()
    const database = new DeviceDatabase(openDeviceDatabase)
    const clock = { database, now: () => now }
    const recorded = new HistoryStore(clock)
    for (const interaction of history) await recorded.record(interaction)
    const opened = new HistoryStore(clock)
    await opened.load()
    if ((await rowsDigest(state, opened.list(), now)) !== features) different.push(c)
    await database.close()
  }
  expect(different).toEqual([])
  expect(asked.length).toBe(60)
  expect(new Set(asked.map(({ features }) => features)).size).toBeGreaterThan(50)
}, 60_000)

describe('slates for random histories equal those of Node', () => {
  test.each([
    ['the plain forward pass', async () => undefined],
    ['tfjs on WebAssembly with SIMD', loadWasm],
    ['tfjs on its cpu backend', loadCpu],
  ] as const)(
    '%s',
    async (_, load) => {
      const network = await load(bundle.ranker!.network)
      const { slates, ties, different } = comparison(bundle, cases, network)
      expect(different).toEqual([])
      expect(slates).toBe(1000)
      expect(ties).toBeGreaterThan(100)
    },
    30_000,
  )

  test('a score that is off by more than the tolerance would be found', async () => {
    const wasm = await loadWasm(bundle.ranker!.network)
    const forward: typeof wasm.forward = (rows, count) =>
      wasm.forward(rows, count).map((x, r) => (r === 3 ? x + 2e-4 : x))
    const few = comparison(bundle, cases.slice(0, 200), { ...wasm, forward })
    expect(few.different.length).toBeGreaterThan(0)
  })
})
