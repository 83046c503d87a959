import { brotliDecompressSync } from 'node:zlib'
import { type BuiltBundle, builtBundle } from '../../models/build/builtBundle.ts'
import { manifestOf } from '../../models/build/manifestOf.ts'
import { popularPages } from '../../models/build/popularPages.ts'
import { fitStage, openStage } from '../../models/build/stage.ts'
import type { Dataset } from '../../models/dataset.ts'
import type { EdgeClient } from '../../models/publish/edgeClient.ts'
import { defaultSettings } from '../../models/settings.ts'
import { sign } from '../../shared/bundle/envelope.ts'
import { sha256 } from '../../shared/bundle/hash.ts'
import { performChange } from '../../shared/delivery/performChange.ts'
import { DAY_MS } from '../../shared/domain/clock.ts'
import { deliveryWorld, type World } from '../shared/deliveryWorld.ts'
import { MemoryStore } from '../shared/memoryStore.ts'

/** An edge without a network: the same logic of delivery over a store in memory. */
export interface MemoryEdge {
  readonly client: EdgeClient
  readonly store: MemoryStore
  readonly world: World
  readonly bytes: Map<string, Uint8Array<ArrayBuffer>>
  /** Called before every request, with the client's method; may throw. */
  before(method: string): void
}

export async function memoryEdge(site = 'films'): Promise<MemoryEdge> {
  const store = new MemoryStore()
  const own = await deliveryWorld()
  const world = { ...own, rules: { ...own.rules, site } }
  const bytes = new Map<string, Uint8Array<ArrayBuffer>>()
  const edge: MemoryEdge = { client: null as never, store, world, bytes, before: () => undefined }
  const never = () => Promise.reject(new Error('not part of this test'))
  const methods = {
    head: async () => (await store.head())?.envelope ?? null,
    document: async (name) => (await store.document(name))?.envelope ?? null,
    blob: async (name) => bytes.get(name) ?? store.contents.get(name) ?? null,
    missing: async (names) => names.filter((name) => !store.objects.has(name)),
    async putBlob(name, coding, body) {
      const decoded = coding === 'br' ? brotliDecompressSync(body) : body
      if ((await sha256(Uint8Array.from(decoded))) !== name) throw new Error('wrong bytes')
      if (coding === 'br' || store.objects.has(name)) return false
      bytes.set(name, body)
      store.objects.set(name, { name, bytes: body.length, uploaded: store.now })
      return true
    },
    putDocument: (name, _kind, envelope) => store.putDocument(name, JSON.stringify(envelope), null),
    change: (kind, wish) =>
      performChange(store, world.rules, kind, { ...wish, who: 'test' } as never, store.now++) as never,
    status: never,
    audit: never,
    collectGarbage: never,
  } satisfies Omit<EdgeClient, 'endpoint'>
  const watched = Object.entries(methods).map(([name, method]) => [
    name,
    async (...args: unknown[]) => {
      edge.before(name)
      return (method as (...all: unknown[]) => unknown)(...args)
    },
  ])
  return Object.assign(edge, { client: { endpoint: 'https://edge.test', ...Object.fromEntries(watched) } })
}

/** Publishes a dataset's lists and content as a release. @returns the manifest's name */
export async function publishDataset(edge: MemoryEdge, dataset: Dataset, asOf: number): Promise<string> {
  return publishBuilt(edge, await builtRelease(dataset, asOf, edge.world.rules.site))
}

/** A release with all that a site has but a ranker. */
export async function builtRelease(dataset: Dataset, asOf: number, site: string): Promise<BuiltBundle> {
  const settings = { ...defaultSettings('time'), dims: 8 }
  const stage = fitStage(dataset, settings, asOf, { details: true })
  const bundle = await openStage(dataset, stage, 'popularity')
  const blobs = new Map([...stage.blobs, ...popularPages(bundle, '/item?id={id}')])
  const manifest = await manifestOf(
    {
      kind: 'release',
      site,
      dataset,
      fingerprint: '0'.repeat(64),
      seed: 1,
      trainedUntil: Math.floor(asOf / DAY_MS) * DAY_MS,
      profile: stage.profile,
      forYou: 'content',
      evaluation: null,
      archive: false,
      linkTemplate: '/item?id={id}',
    },
    blobs,
  )
  return builtBundle(manifest, blobs)
}

/** @returns the manifest's name */
export async function publishBuilt(
  { store, world, bytes }: MemoryEdge,
  { blobs, payload, hash }: BuiltBundle,
): Promise<string> {
  for (const blob of blobs.values()) {
    const name = await sha256(blob)
    bytes.set(name, new Uint8Array(blob))
    store.objects.set(name, { name, bytes: blob.byteLength, uploaded: store.now })
  }
  await store.putDocument(hash, JSON.stringify(await sign('manifest', payload, [world.release])), null)
  return hash
}
