import { DETAILS_GROUP, SHARD_ROWS } from '../../shared/bundle/limits.ts'

/** US dollars, as Cloudflare's documentation names them; docs/costs.md says which pages, and when they were read. */
export const PRICES = {
  plan: 5,
  /** Per million requests to the Worker beyond those of the plan. */
  requests: 0.3,
  includedRequests: 10e6,
  freeRequestsADay: 100_000,
  /** Per million milliseconds of processor time beyond those of the plan. */
  cpu: 0.02,
  includedCpu: 30e6,
  /** Per million writes (class A) and reads (class B) of R2, rounded up to whole millions, and per GB-month. */
  writes: 4.5,
  freeWrites: 1e6,
  reads: 0.36,
  freeReads: 10e6,
  storage: 0.015,
  freeStorage: 10,
}

/** A shop with 12,608 items and a bundle as README's "What a visitor downloads" measures it. */
export const ASSUMED = {
  items: 12_608,
  /** All that a device downloads, Brotli, and the same decoded: the bucket holds both. */
  wireBytes: 705_000,
  storedBytes: 705_000 + 3_170_000,
  visitsAMonth: 3,
  pagesAVisit: 4,
  /** Pages that come within 60 s of another one: the browser answers for the head itself. */
  headsFromBrowser: 0.4,
  /** Visits without a bundle on the device ask for the popular list too. */
  firstVisits: 0.6,
  /** Visits a month lie about ten days apart, bases last seven: every visit finds a new base and fetches all. */
  wholeBundles: 3,
  /** Processor time of one request, ms: an upper bound, not a measurement of Cloudflare's machines. */
  cpu: 1,
  /** Locations of Cloudflare's with visitors at any minute, and in a month: each fills a cache of its own. */
  locationsNow: 20,
  locationsAMonth: 150,
  /** A cold answer reads the bucket for the visitor, and once more for the cache. */
  readsPerMiss: 2,
  /** Releases: a base a week, a delta a night, popularity every hour. */
  bases: 4.3,
  nights: 30,
  hours: 720,
  days: 30,
}

export interface Costs {
  readonly visitors: number
  readonly requests: number
  readonly requestsADay: number
  readonly reads: { readonly ownDomain: number; readonly workersDev: number }
  readonly writes: number
  readonly storedGb: number
  readonly traffic: number
  readonly bill: Bill
  readonly billWorkersDev: Bill
}

export interface Bill {
  readonly plan: number
  readonly requests: number
  readonly cpu: number
  readonly reads: number
  readonly writes: number
  readonly storage: number
  readonly total: number
}

/** Files of a bundle that devices fetch: five sharded parts, groups of details, popularity, ranker, golden cases. */
export function filesOf(items: number): number {
  return 5 * Math.ceil(items / SHARD_ROWS) + Math.ceil(items / DETAILS_GROUP) + 3
}

/** What a month costs for so many visitors. */
export function costs(visitors: number, a = ASSUMED): Costs {
  const files = filesOf(a.items)
  const heads = a.visitsAMonth * a.pagesAVisit * (1 - a.headsFromBrowser)
  const perVisitor = heads + a.wholeBundles * (files + 1) + a.firstVisits
  const requests = visitors * perVisitor
  const releases = a.bases * (files + 1) + a.nights * 4 + a.hours * 3
  const minutes = a.days * 24 * 60
  const misses = minutes * a.locationsNow + releases * a.locationsAMonth
  const ownDomain = Math.min(misses * a.readsPerMiss, requests * a.readsPerMiss)
  const workersDev = requests * a.readsPerMiss
  // Identity and Brotli of each new file, the manifest twice, head and audit line.
  const writes = a.bases * (2 * files + 4) + a.nights * 10 + a.hours * 8
  const storedGb = (a.bases * a.storedBytes + a.nights * 0.25 * a.storedBytes + a.hours * 60_000) / 1e9
  const bill = (reads: number): Bill => billOf(requests, reads, writes, storedGb, a)
  return {
    visitors,
    requests,
    requestsADay: requests / a.days,
    reads: { ownDomain, workersDev },
    writes,
    storedGb,
    traffic: (visitors * a.wholeBundles * a.wireBytes) / 1e9,
    bill: bill(ownDomain),
    billWorkersDev: bill(workersDev),
  }
}

/** The plan is free as long as a day's requests are, with room for days that are twice as busy. */
function billOf(requests: number, reads: number, writes: number, gb: number, a: typeof ASSUMED): Bill {
  const p = PRICES
  const free = (2 * requests) / a.days <= p.freeRequestsADay
  const beyond = (amount: number, included: number) => Math.max(0, amount - included) / 1e6
  const parts = {
    plan: free ? 0 : p.plan,
    requests: free ? 0 : beyond(requests, p.includedRequests) * p.requests,
    cpu: free ? 0 : beyond(requests * a.cpu, p.includedCpu) * p.cpu,
    reads: Math.ceil(beyond(reads, p.freeReads)) * p.reads,
    writes: Math.ceil(beyond(writes, p.freeWrites)) * p.writes,
    storage: Math.ceil(Math.max(0, gb - p.freeStorage)) * p.storage,
  }
  return { ...parts, total: Object.values(parts).reduce((sum, part) => sum + part, 0) }
}

const millions = (n: number) => `${(n / 1e6).toFixed(2)} M`
const dollars = (n: number) => (n === 0 ? '0' : `$${n.toFixed(2)}`)

/** The table of docs/costs.md, Markdown. */
export function costsTable(sizes: readonly number[] = [10_000, 100_000, 1_000_000]): string {
  const all = sizes.map((size) => costs(size))
  const row = (what: string, cell: (c: Costs) => string) => `| ${what} | ${all.map(cell).join(' | ')} |`
  return [
    row('visitors a month', ({ visitors }) => visitors.toLocaleString('en')),
    `| --- |${' --: |'.repeat(all.length)}`,
    row('requests to the Worker', (c) => millions(c.requests)),
    row('… a day', (c) => Math.round(c.requestsADay).toLocaleString('en')),
    row('reads of the bucket, own domain', (c) => millions(c.reads.ownDomain)),
    row('reads of the bucket, `*.workers.dev`', (c) => millions(c.reads.workersDev)),
    row('writes of the bucket', (c) => Math.round(c.writes).toLocaleString('en')),
    row('stored', (c) => `${c.storedGb.toFixed(2)} GB`),
    row('traffic to visitors', (c) => `${Math.round(c.traffic).toLocaleString('en')} GB`),
    row('plan', (c) => dollars(c.bill.plan)),
    row('requests', (c) => dollars(c.bill.requests)),
    row('processor time', (c) => dollars(c.bill.cpu)),
    row('bucket: writes, storage, traffic', (c) => dollars(c.bill.writes + c.bill.storage)),
    row('bucket: reads, own domain', (c) => dollars(c.bill.reads)),
    row('**a month, own domain**', (c) => `**${dollars(c.bill.total)}**`),
    row('bucket: reads, `*.workers.dev`', (c) => dollars(c.billWorkersDev.reads)),
    row('**a month, `*.workers.dev`**', (c) => `**${dollars(c.billWorkersDev.total)}**`),
  ].join('\n')
}

if (import.meta.main) console.log(costsTable())
