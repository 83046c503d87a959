import { sha256 } from '../../shared/bundle/hash.ts'
import { ForYouError } from '../../shared/domain/errors.ts'
import { publicRoutes } from '../../shared/domain/routes.ts'
import { followed, installed, type Target } from './activeRecord.ts'
import type { Active } from './bundleStore.ts'
import { downloadChecked } from './download.ts'
import { lastStage, type OrderedFile } from './downloadOrder.ts'
import type { CheckedHead } from './headCheck.ts'
import { openManifest } from './openManifest.ts'
import type { UpdateOptions } from './update.ts'

const PARALLEL = 4

/** Downloads what is missing, a few blobs ahead, and takes the stages into use one after the other. */
export async function bring(
  options: UpdateOptions,
  target: Target,
  order: readonly OrderedFile[],
  active: Active | null,
  checked: CheckedHead,
): Promise<void> {
  const { store, install } = options
  const { manifest, hash } = target
  const ranking = options.ranking()
  const keep = await namesToKeep(options, order, active)
  const sources = blobSources(options.endpoint, checked.head.blobBase)
  const blobs = new Map<string, ArrayBuffer>()
  const pending: Promise<ArrayBuffer>[] = []
  // Something ranks already: it is replaced only by something that is complete.
  const firstStage = ranking === null || ranking.manifest === hash ? 1 : Math.min(3, lastStage(order))
  const reached = ranking?.manifest === hash ? ranking.stage : 0
  const known = active?.manifest === hash && active.envelope === target.envelope ? active.present : 0
  try {
    for (const [i, file] of order.entries()) {
      while (pending.length < Math.min(order.length, i + PARALLEL)) {
        const blob = obtain(options, order[pending.length]!, keep, sources)
        blob.catch(() => undefined) // awaited below, in order
        pending.push(blob)
      }
      blobs.set(file.role, await pending[i]!)
      const ends = order[i + 1]?.stage !== file.stage
      const present = i + 1
      if (!ends || file.stage < firstStage || (file.stage <= reached && present <= known)) continue
      await install({ manifest, manifestHash: hash, blobs: new Map(blobs), stage: file.stage })
      await store.change((now) => followed(installed(target, present, now), checked, target))
      options.committed()
    }
  } finally {
    await Promise.allSettled(pending)
  }
}

/** When space runs out, what neither the bundle in force nor the new one names has to go. */
async function namesToKeep(
  { pins, problem }: UpdateOptions,
  order: readonly OrderedFile[],
  active: Active | null,
): Promise<Set<string>> {
  const names = new Set(order.map((file) => file.sha256))
  if (!active) return names
  try {
    const { files } = await openManifest(active.envelope, active.manifest, pins)
    for (const file of files) names.add(file.sha256)
  } catch (error) {
    problem(error) // the record was tampered with: nothing to protect
  }
  return names
}

/**
 * Where blobs may lie: at the edge in any case, and before that at the address that the head names, if it is https or the
 * edge's own origin. What lies there is trusted no more than the edge is: the hash decides.
 */
function blobSources(endpoint: string, base = ''): string[] {
  const edge = endpoint + publicRoutes.blob('')
  const safe = base.startsWith('https://') || base.startsWith(`${new URL(endpoint).origin}/`)
  return safe ? [`${base.replace(/\/$/, '')}/b/`, edge] : [edge]
}

/** A blob that is here already, or else fetched. */
async function obtain(
  { platform, store }: UpdateOptions,
  file: OrderedFile,
  keep: ReadonlySet<string>,
  sources: string[],
): Promise<ArrayBuffer> {
  const kept = await store.blob(file)
  if (kept) return kept
  return downloadChecked(platform, sources, file.sha256, file.bytes, async ({ bytes }) => {
    if (bytes.length !== file.bytes || (await sha256(bytes)) !== file.sha256) {
      throw new ForYouError(
        'hash_mismatch',
        `Bundle file "${file.role}" is not the one that the manifest names.`,
      )
    }
    await store.put(file.sha256, bytes.buffer, keep)
    return bytes.buffer
  })
}
