import { join } from 'node:path'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { brotliCompressSync, constants } from 'node:zlib'
import { type BuiltBundle, open } from '../../models/build/builtBundle.ts'
import { type LoadOptions, loadDataset } from '../../models/ingest/loadDataset.ts'
import { createRecommender } from '../../shared/rank/recommend.ts'
import { inBrowser } from './inBrowser.ts'
import { largeShop, QUICK } from './largeShop.ts'
import { unjudgedRelease } from './unjudgedRelease.ts'
import type { Quantiles, WholeCallsAnswer, WholeCallsInput } from './wholeCallsInput.ts'

const CALLS = 300
const K = 20
const INTERACTIONS = 50

/** Whole calls and starts, on the data that is there and on an invented shop with 100,000 items. */
export async function wholeCalls(root: string, places: LoadOptions) {
  const measured = []
  for (const [dataset, settings] of [
    [await loadDataset(undefined, places), {}],
    [largeShop(LARGE), QUICK],
  ] as const) {
    const bundle = await unjudgedRelease(dataset, settings)
    const answer = await measure(root, bundle)
    measured.push({ name: `${dataset.name}, ${dataset.catalogue.length} items`, bundle, answer })
  }
  return {
    head: ['ms: median / p90 / p99', ...measured.map(({ name }) => name)],
    rows: wholeCallsRows(measured),
    note: NOTE,
  }
}

const LARGE = 100_000
const NOTE =
  'Thread time in a Web Worker of headless Chromium, kinds of calls in turns; starts verify every hash and, where the bundle is whole, its golden cases. The shop is drawn, its bundle is trained and built like any other. `npm run bench -- calls`'

/** What a thread does with a bundle, in a worker of headless Chromium. */
export async function measure(root: string, bundle: BuiltBundle): Promise<WholeCallsAnswer> {
  const { manifest, payload, hash, blobs } = bundle
  const input: WholeCallsInput = { manifest, payload, hash, calls: CALLS, k: K, interactions: INTERACTIONS }
  const files = Object.fromEntries(manifest.files.map(({ role, sha256 }) => [sha256, blobs.get(role)!]))
  return inBrowser(root, join(root, 'test/web/bench/wholeCalls.ts'), input, { files })
}

/** Rows of a table: what was measured, then a cell for each bundle. */
export function wholeCallsRows(measured: readonly { answer: WholeCallsAnswer; bundle: BuiltBundle }[]) {
  const row = (what: string, of: (answer: WholeCallsAnswer) => string) => [
    what,
    ...measured.map(({ answer }) => of(answer)),
  ]
  const mb = (bytes: number) => `${(bytes / 1e6).toFixed(2)} MB`
  const sizes = measured.map(({ bundle }) => {
    const { raw, wire } = downloaded(bundle)
    const { payload, manifest } = bundle
    return `${mb(wire)} (${mb(raw)}), ${manifest.files.length} files, manifest ${(payload.length / 1000).toFixed(1)} kB`
  })
  return [
    [
      'memory of the opened bundle after a slate, in Node',
      ...measured.map(({ bundle }) => mb(memoryOf(bundle))),
    ],
    ['downloaded over the wire (decoded)', ...sizes],
    row(`slate of ${K} with reasons, ${INTERACTIONS} interactions, tfjs on WebAssembly`, (a) =>
      cell(a.calls.history),
    ),
    row('… by the plain forward pass', (a) => cell(a.calls.plain)),
    row('… without a history', (a) => cell(a.calls.nobody)),
    row('similar to an item', (a) => cell(a.calls.similar)),
    row('the first slate of a bundle', (a) => ms(a.first)),
    row('decoding the whole bundle', (a) => cell(a.open)),
    row('warm start: from IndexedDB to the first personal slate', (a) => cell(a.warmStart)),
    row('first visit without network latency: first personal slate', (a) => ms(a.coldSlate)),
    row('… everything verified, stored and in use', (a) => ms(a.coldWhole)),
  ]
}

const cell = ({ p50, p90, p99 }: Quantiles) => `${ms(p50)} / ${ms(p90)} / ${ms(p99)}`
const ms = (x: number) => (x < 10 ? x.toFixed(2) : x.toFixed(0))

/** Brotli at the edge's level for everything that a device fetches. */
function downloaded({ manifest, blobs }: BuiltBundle) {
  let raw = 0
  let wire = 0
  for (const { role, bytes } of manifest.files) {
    if (role === 'encoder' || role === 'evaluation' || role === 'report') continue
    raw += bytes
    const params = { [constants.BROTLI_PARAM_QUALITY]: 9 }
    wire += brotliCompressSync(new Uint8Array(blobs.get(role)!), { params }).length
  }
  return { raw, wire }
}

/** Bytes that opening a bundle and ranking once leave in use, the files themselves included where views still point into them. */
function memoryOf(bundle: BuiltBundle): number {
  setFlagsFromString('--expose-gc')
  const collect: () => void = runInNewContext('gc')
  const used = () => {
    collect()
    const { heapUsed, arrayBuffers } = process.memoryUsage()
    return heapUsed + arrayBuffers
  }
  const before = used()
  const blobs = new Map(Array.from(bundle.blobs, ([role, blob]) => [role, blob.slice(0)]))
  const recommender = createRecommender(open({ ...bundle, blobs }))
  const item = recommender.bundle.ids[0]!
  recommender.recommend({ history: [{ item, kind: 'view', at: 0 }], now: 0, k: K })
  blobs.clear()
  const bytes = used() - before
  return recommender.bundle.items > 0 ? bytes : 0 // still in use until here
}
