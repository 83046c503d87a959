import { sha256 } from '../../shared/bundle/hash.ts'
import type { Evaluation, Manifest, Profile, Rung } from '../../shared/bundle/manifest.ts'
import { decodeRanker } from '../../shared/bundle/rankerFile.ts'
import { featureSchemaText } from '../../shared/features/featureSchema.ts'
import type { Dataset } from '../dataset.ts'

export interface ManifestInput {
  readonly kind: 'release' | 'evaluation'
  readonly site: string
  readonly dataset: Dataset
  readonly fingerprint: string
  readonly seed: number
  /** Last moment the generators have seen, ms. */
  readonly trainedUntil: number
  readonly profile: Profile
  readonly forYou: Rung
  readonly evaluation: Evaluation | null
  readonly archive: boolean
  readonly linkTemplate?: string | undefined
}

/** Describes a bundle's blobs. Nothing in it depends on where it is built, and on when only through `archive`. */
export async function manifestOf(
  input: ManifestInput,
  blobs: ReadonlyMap<string, ArrayBuffer>,
): Promise<Manifest> {
  const { dataset, trainedUntil } = input
  const ranker = blobs.get('ranker')
  const features = ranker && decodeRanker(ranker, 'ranker').features
  return {
    schema: 1,
    kind: input.kind,
    site: input.site,
    version: trainedUntil,
    seed: input.seed,
    floor: 0,
    built: trainedUntil,
    asOf: trainedUntil,
    trainedUntil,
    clock: input.archive ? 'archive' : 'live',
    origins: [],
    ...(input.linkTemplate && { linkTemplate: input.linkTemplate }),
    minLoader: 1,
    featureSchema: await sha256(featureSchemaText(features)),
    ...(features && { features: [...features] }),
    data: dataFacts(dataset, input.fingerprint),
    forYou: input.forYou,
    profile: input.profile,
    evaluation: input.evaluation,
    files: await filesOf(blobs),
  }
}

export async function filesOf(blobs: ReadonlyMap<string, ArrayBuffer>): Promise<Manifest['files']> {
  const files = []
  for (const [role, blob] of blobs) files.push({ role, sha256: await sha256(blob), bytes: blob.byteLength })
  return files
}

/** What a manifest says of the data. */
export function dataFacts(dataset: Dataset, fingerprint: string): Manifest['data'] {
  const times = dataset.order === 'time' ? dataset.times : new Float64Array(1)
  return {
    name: dataset.name,
    fingerprint,
    synthetic: dataset.synthetic,
    interactions: dataset.items.length,
    users: dataset.users.length,
    items: dataset.catalogue.length,
    from: times.reduce((min, t) => Math.min(min, t), Number.POSITIVE_INFINITY),
    to: times.reduce((max, t) => Math.max(max, t), 0),
  }
}
