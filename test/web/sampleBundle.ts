import { encodeCatalogue } from '../../shared/bundle/catalogueFile.ts'
import { encodeContent } from '../../shared/bundle/contentFile.ts'
import { encodeDetails } from '../../shared/bundle/detailsFile.ts'
import { sha256 } from '../../shared/bundle/hash.ts'
import type { Manifest } from '../../shared/bundle/manifest.ts'
import { openBundle } from '../../shared/bundle/openBundle.ts'
import { encodePopularity, NO_ARRIVALS } from '../../shared/bundle/popularityFile.ts'
import { encodeRanker } from '../../shared/bundle/rankerFile.ts'
import { encodeGolden, goldenCase } from '../../shared/rank/golden.ts'

/** When everything in these tests happens. */
export const NOW = Date.UTC(2026, 5, 1)

export interface SampleBundle {
  readonly manifest: Manifest
  readonly payload: string
  readonly hash: string
  /** sha256 → bytes */
  readonly blobs: ReadonlyMap<string, Uint8Array<ArrayBuffer>>
}

/** Films f0 … f39; even ones are westerns, odd ones musicals; f0 is the most popular. */
export const FILMS = 40
const SHARD = 20

/** A whole bundle in the real format, in two shards, whose best rung is content similarity. */
export async function sampleBundle(
  change: Partial<Manifest> = {},
  files: Record<string, ArrayBuffer> = {},
): Promise<SampleBundle> {
  const byRole = { ...roles(), ...files }
  const all = { ...byRole, golden: files.golden ?? (await recorded(byRole, change)) }
  const manifest = await manifestOf(all, change)
  const payload = JSON.stringify(manifest)
  const blobs = new Map<string, Uint8Array<ArrayBuffer>>()
  for (const bytes of Object.values(all)) blobs.set(await sha256(bytes), new Uint8Array(bytes))
  return { manifest, payload, hash: await sha256(payload), blobs }
}

async function recorded(files: Record<string, ArrayBuffer>, change: Partial<Manifest>): Promise<ArrayBuffer> {
  const draft = await manifestOf(files, change)
  const bundle = openBundle(draft, '', new Map(Object.entries(files)))
  const history = [{ item: 'f2', kind: 'view' as const, at: draft.asOf }]
  return encodeGolden([goldenCase(bundle, { surface: 'for-you', k: 5, now: draft.asOf, history })])
}

/** A ranker that reads these features and makes nothing of them. */
export function idleRanker(features: readonly string[]): ArrayBuffer {
  const all = (x: number) => new Float32Array(features.length).fill(x)
  const none = new Float32Array(0)
  return encodeRanker({
    features,
    low: all(0),
    high: all(1),
    mean: all(0),
    spread: all(1),
    quantiles: { collaborative: none, transitions: none, content: none, 'personal-popularity': none },
    network: {
      inputs: features.length,
      hidden: 1,
      w1: all(0),
      b1: all(0).slice(0, 1),
      w2: Float32Array.of(0),
      b2: 0,
    },
  })
}

/** A popularity by which the last film is the most popular one. */
export function backwards(): ArrayBuffer {
  const count = Uint16Array.from({ length: FILMS }, (_, i) => 1000 + i * 1000)
  return encodePopularity({
    arrivals: NO_ARRIVALS,
    asOf: NOW,
    halfLives: [7],
    decayedMax: [100],
    decayed: count,
    countMax: 100,
    count,
    mean: new Uint16Array(0),
    meanLow: 0,
    meanHigh: 0,
  })
}

function roles(): Record<string, ArrayBuffer> {
  const numbers = Array.from({ length: FILMS }, (_, i) => i)
  const made: Record<string, ArrayBuffer> = {}
  for (const s of [0, 1]) {
    const own = numbers.slice(s * SHARD, (s + 1) * SHARD)
    made[`catalogue/${s}`] = encodeCatalogue({
      firstRow: s * SHARD,
      ids: own.map((i) => `f${i}`),
      firstDay: Int32Array.from(own, () => 20_000),
      year: Int16Array.from(own, () => 1950),
    })
    made[`content/${s}`] = encodeContent({
      offsets: Uint32Array.from({ length: SHARD + 1 }, (_, i) => i),
      terms: Uint32Array.from(own, (i) => i % 2),
      weights: new Uint8Array(SHARD).fill(255),
      vocabulary:
        s === 0
          ? { names: ['genre'], values: ['Western', 'Musical'], nameOf: Uint8Array.of(0, 0), taste: [0] }
          : null,
    })
    made[`details/${s}`] = encodeDetails({
      firstRow: s * SHARD,
      details: own.map((i) => ({ title: `Film ${i}`, year: 1950 + i, link: `/film?id=f${i}` })),
    })
  }
  made.popularity = encodePopularity({
    arrivals: NO_ARRIVALS,
    asOf: NOW,
    halfLives: [7],
    decayedMax: [100],
    decayed: Uint16Array.from(numbers, (i) => 60_000 - i * 1000),
    countMax: 100,
    count: Uint16Array.from(numbers, (i) => 60_000 - i * 1000),
    mean: new Uint16Array(0),
    meanLow: 0,
    meanHigh: 0,
  })
  return made
}

async function manifestOf(files: Record<string, ArrayBuffer>, change: Partial<Manifest>): Promise<Manifest> {
  const listed = []
  for (const [role, bytes] of Object.entries(files))
    listed.push({ role, sha256: await sha256(bytes), bytes: bytes.byteLength })
  return {
    schema: 1,
    kind: 'release',
    site: 'films',
    version: NOW,
    seed: 1,
    floor: 0,
    built: NOW,
    asOf: NOW,
    trainedUntil: NOW,
    clock: 'archive',
    origins: [],
    minLoader: 1,
    featureSchema: '0'.repeat(64),
    data: {
      name: 'sample',
      fingerprint: '1'.repeat(64),
      synthetic: true,
      interactions: 1000,
      users: 100,
      items: FILMS,
      from: 0,
      to: NOW,
    },
    forYou: 'content',
    profile: { decay: 0.9, historyLength: 20, popularHalfLife: 0, tableWeight: 0 },
    evaluation: null,
    files: listed,
    ...change,
  }
}
