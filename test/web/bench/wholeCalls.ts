import { type Bundle, openBundle } from '../../../shared/bundle/openBundle.ts'
import type { Interaction } from '../../../shared/domain/interaction.ts'
import { createRecommender } from '../../../shared/rank/recommend.ts'
import { createCore } from '../../../web/ranker/core.ts'
import { deleteDeviceDatabase } from '../../../web/ranker/database.ts'
import { load } from '../../../web/ranker/tfjsWasm.ts'
import type { Quantiles, WholeCallsAnswer, WholeCallsInput } from '../../bench/wholeCallsInput.ts'
import { ENDPOINT, FakeEdge, fakeKeys } from '../fakeEdge.ts'
import { fakePlatform, NOW } from '../fakePlatform.ts'

const STARTS = 7
const SEED = 11

/** Measures the thread's work on a bundle: its files lie beside this module as `files/<sha256>`. */
export async function run(input: WholeCallsInput): Promise<WholeCallsAnswer> {
  const { manifest, hash } = input
  const blobs = new Map<string, ArrayBuffer>()
  for (const { role, sha256 } of manifest.files)
    blobs.set(role, await (await fetch(`./files/${sha256}`)).arrayBuffer())
  const opening: number[] = []
  let bundle: Bundle | undefined
  for (let n = 0; n < STARTS; n++) {
    const start = performance.now()
    bundle = openBundle(manifest, hash, blobs)
    createRecommender(bundle)
    opening.push(performance.now() - start)
  }
  const ready = bundle!
  const network = await load(ready.ranker!.network)
  const recommenders = { fast: createRecommender(ready, network), plain: createRecommender(ready) }
  const histories = drawn(ready, input)
  const { k } = input
  const now = NOW
  const before = performance.now()
  recommenders.fast.recommend({ history: histories[0]!, now, k })
  const first = performance.now() - before
  const times = timed(input.calls, {
    history: (q) => recommenders.fast.recommend({ history: histories[q]!, now, k }),
    plain: (q) => recommenders.plain.recommend({ history: histories[q]!, now, k }),
    nobody: () => recommenders.fast.recommend({ history: [], now, k }),
    similar: (q) =>
      recommenders.fast.recommend({ surface: 'similar', item: histories[q]![0]!.item, history: [], now, k }),
  })
  return {
    backend: network.backend,
    open: quantiles(opening),
    first,
    calls: times,
    ...(await starts(input, blobs, histories[0]!)),
  }
}

/** Histories that lean towards what is popular, as visits do. */
function drawn({ ids }: Bundle, { calls, interactions }: WholeCallsInput): Interaction[][] {
  let state = SEED
  const random = () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0
    return state / 2 ** 32
  }
  return Array.from({ length: calls }, () =>
    Array.from({ length: interactions }, (_, n) => ({
      item: ids[Math.floor(random() ** 2 * ids.length)]!,
      kind: 'view' as const,
      at: NOW - (interactions - n) * 3_600_000,
    })),
  )
}

/** Times all kinds in turns, so that whatever else the machine does falls on all of them alike. */
function timed<K extends string>(calls: number, kinds: Record<K, (query: number) => unknown>) {
  const samples = new Map<string, number[]>()
  for (let q = -20; q < calls; q++) {
    for (const [name, work] of Object.entries<(query: number) => unknown>(kinds)) {
      const start = performance.now()
      work(Math.abs(q))
      if (q >= 0) samples.set(name, [...(samples.get(name) ?? []), performance.now() - start])
    }
  }
  return Object.fromEntries([...samples].map(([name, all]) => [name, quantiles(all)])) as Record<K, Quantiles>
}

function quantiles(samples: readonly number[]): Quantiles {
  const sorted = [...samples].sort((a, b) => a - b)
  const at = (p: number) => sorted[Math.min(sorted.length - 1, Math.floor(p * sorted.length))]!
  return { p50: at(0.5), p90: at(0.9), p99: at(0.99) }
}

/** The ranker's whole core: verified, stored and ranked, over an edge that answers from memory. */
async function starts(
  { manifest, payload, hash }: WholeCallsInput,
  blobs: ReadonlyMap<string, ArrayBuffer>,
  history: readonly Interaction[],
): Promise<Pick<WholeCallsAnswer, 'warmStart' | 'coldSlate' | 'coldWhole'>> {
  await deleteDeviceDatabase()
  const keys = await fakeKeys()
  const edge = new FakeEdge(keys)
  const byName = manifest.files.map(({ role, sha256 }) => [sha256, new Uint8Array(blobs.get(role)!)] as const)
  await edge.promote({ manifest, payload, hash, blobs: new Map(byName) }, { site: manifest.site })
  const consent = { personalise: true, measure: false, popularity: false }
  const begin = { endpoint: ENDPOINT, pins: keys.pins, consent, persist: 'local' } as const
  const cold = createCore(fakePlatform(edge.fetch))
  let from = performance.now()
  await cold.start(begin)
  await cold.record(history.at(-1)!)
  await cold.recommend({ k: 20 })
  const coldSlate = performance.now() - from
  const uptake = await cold.update()
  if (uptake !== 'success') throw new Error(`${uptake}: ${(await cold.status()).problems}`)
  const coldWhole = performance.now() - from
  for (const interaction of history) await cold.record(interaction)
  const warm: number[] = []
  for (let n = 0; n < STARTS; n++) {
    const offline = fakePlatform(() => Promise.reject(new TypeError('Failed to fetch')))
    offline.connected = false
    const core = createCore(offline)
    from = performance.now()
    await core.start(begin)
    const slate = await core.recommend({ k: 20 })
    warm.push(performance.now() - from)
    if (slate.reason !== 'personal' || slate.partial) throw new Error(`The warm slate is ${slate.reason}.`)
    await core.update()
  }
  await deleteDeviceDatabase()
  return { warmStart: quantiles(warm), coldSlate, coldWhole }
}
