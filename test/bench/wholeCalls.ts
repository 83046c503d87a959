import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { brotliCompressSync, constants } from 'node:zlib'
import { type BuiltBundle, open } from '../../models/build/builtBundle.ts'
import { type LoadOptions, loadDataset } from '../../models/ingest/loadDataset.ts'
import { createRecommender } from '../../shared/rank/recommend.ts'
import { type FirstVisit, firstVisit } from './firstVisit.ts'
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
    const memory = await memoryOf(bundle)
    const visit = await firstVisit(root, bundle, LINE)
    measured.push({
      name: `${dataset.name}, ${dataset.catalogue.length} items`,
      bundle,
      answer,
      visit,
      memory,
    })
  }
  return {
    head: ['ms: median / p90 / p99', ...measured.map(({ name }) => name)],
    rows: wholeCallsRows(measured),
    note: NOTE,
  }
}

const LARGE = 100_000
/** A phone with 4G. */
const LINE = { megabits: 9, latency: 85 }
const NOTE =
  'Thread time in a Web Worker of headless Chromium, kinds of calls in turns; starts verify every hash and, where the bundle is whole, its golden cases. Visits go to the real Worker over a line of 9 Mbit/s whose answers begin after 85 ms, from an empty browser. The shop is drawn, its bundle is trained and built like any other. `npm run bench -- calls`'

/** What a thread does with a bundle, in a worker of headless Chromium. */
async function measure(root: string, bundle: BuiltBundle): Promise<WholeCallsAnswer> {
  const { manifest, payload, hash, blobs } = bundle
  const input: WholeCallsInput = { manifest, payload, hash, calls: CALLS, k: K, interactions: INTERACTIONS }
  const files = Object.fromEntries(manifest.files.map(({ role, sha256 }) => [sha256, blobs.get(role)!]))
  return inBrowser(root, join(root, 'test/web/bench/wholeCalls.ts'), input, { files })
}

interface Measured {
  readonly bundle: BuiltBundle
  readonly answer: WholeCallsAnswer
  readonly visit: FirstVisit
  /** Bytes, see `memoryOf`. */
  readonly memory: number
}

/** What was measured, then a cell for each bundle. */
function wholeCallsRows(measured: readonly Measured[]): string[][] {
  const row = (what: string, of: (of: Measured) => string) => [what, ...measured.map(of)]
  return [
    row('downloaded over the wire (decoded)', ({ bundle }) => sizes(bundle)),
    row('memory of the opened bundle after a slate, in Node', ({ memory }) => mb(memory)),
    row(`slate of ${K} with reasons, ${INTERACTIONS} interactions, tfjs on WebAssembly`, ({ answer }) =>
      cell(answer.calls.history),
    ),
    row('… by the plain forward pass', ({ answer }) => cell(answer.calls.plain)),
    row('… without a history', ({ answer }) => cell(answer.calls.nobody)),
    row('similar to an item', ({ answer }) => cell(answer.calls.similar)),
    row('the first slate of a bundle', ({ answer }) => ms(answer.first)),
    row('decoding the whole bundle', ({ answer }) => cell(answer.open)),
    row('warm start: from IndexedDB to the first personal slate', ({ answer }) => cell(answer.warmStart)),
    row('first visit, no network: first personal slate', ({ answer }) => ms(answer.coldSlate)),
    row('… everything verified, stored and in use', ({ answer }) => ms(answer.coldWhole)),
    row('first visit, slow line: first popular slate', ({ visit }) => ms(visit.popular)),
    row('… first personal slate', ({ visit }) => ms(visit.personal)),
    row('… everything in use', ({ visit }) => ms(visit.whole)),
    row('… longest task of the page itself', ({ visit }) =>
      visit.longestTask > 0 ? ms(visit.longestTask) : 'below 50',
    ),
    row('work of the page itself for record + recommend', ({ visit }) => ms(visit.mainThread)),
  ]
}

function sizes(bundle: BuiltBundle): string {
  const { raw, wire } = downloaded(bundle)
  const { payload, manifest } = bundle
  return `${mb(wire)} (${mb(raw)}), ${manifest.files.length} files, manifest ${(payload.length / 1000).toFixed(1)} kB`
}

const mb = (bytes: number) => `${(bytes / 1e6).toFixed(2)} MB`
const cell = ({ p50, p90, p99 }: Quantiles) => `${ms(p50)} / ${ms(p90)} / ${ms(p99)}`
const ms = (x: number) => (x < 10 ? x.toFixed(2) : x.toFixed(0))

/** What only the edge, a person or a later release reads. */
const NOT_FETCHED = ['encoder', 'evaluation', 'report', 'popular.json', 'popular.html']

/** Brotli of quality 9 for everything that a device fetches; small files go to the edge at 11, a little shorter. */
function downloaded({ manifest, blobs }: BuiltBundle) {
  let raw = 0
  let wire = 0
  for (const { role, bytes } of manifest.files) {
    if (NOT_FETCHED.includes(role)) continue
    raw += bytes
    const params = { [constants.BROTLI_PARAM_QUALITY]: 9 }
    wire += brotliCompressSync(new Uint8Array(blobs.get(role)!), { params }).length
  }
  return { raw, wire }
}

/** Bytes that opening a bundle and ranking once leave in use, the files themselves included where views still point into them. */
async function memoryOf(bundle: BuiltBundle): Promise<number> {
  setFlagsFromString('--expose-gc')
  const collect: () => void = runInNewContext('gc')
  const used = async () => {
    // Buffers that are no longer used are given back a moment after a collection.
    for (let n = 0; n < 4; n++) {
      collect()
      await sleep(100)
    }
    const { heapUsed, arrayBuffers } = process.memoryUsage()
    return heapUsed + arrayBuffers
  }
  const before = await used()
  const blobs = new Map(Array.from(bundle.blobs, ([role, blob]) => [role, blob.slice(0)]))
  const recommender = createRecommender(open({ ...bundle, blobs }))
  const item = recommender.bundle.ids[0]!
  recommender.recommend({ history: [{ item, kind: 'view', at: 0 }], now: 0, k: K })
  blobs.clear()
  const bytes = (await used()) - before
  return recommender.bundle.items > 0 ? bytes : 0 // still in use until here
}
