import { DELTA } from '../../shared/bundle/deltaFile.ts'
import { EVALUATION, encodeEvaluation, type GateCheck } from '../../shared/bundle/evaluation.ts'
import type { Evaluation, Manifest } from '../../shared/bundle/manifest.ts'
import { type Bundle, openBundle } from '../../shared/bundle/openBundle.ts'
import type { Popularity } from '../../shared/bundle/popularityFile.ts'
import { ForYouError } from '../../shared/domain/errors.ts'
import { encodeGolden } from '../../shared/rank/golden.ts'
import { popularList } from '../../shared/rank/popular.ts'
import { type BuiltBundle, builtBundle } from '../build/builtBundle.ts'
import type { DeltaBase } from '../build/deltaBase.ts'
import { popularityOnBase, withItemsDelta, withPopularityDelta } from '../build/deltaBlobs.ts'
import { type DeltaOrder, deltaOrder } from '../build/deltaOrder.ts'
import { goldenCases } from '../build/goldenCases.ts'
import { dataFacts, filesOf } from '../build/manifestOf.ts'
import { popularPages } from '../build/popularPages.ts'
import type { Dataset } from '../dataset.ts'
import { gateOf } from '../evaluate/gate.ts'
import type { Settings } from '../settings.ts'
import { lastMoment } from '../split/cuts.ts'
import { assertOnBase } from './assertOnBase.ts'
import { gated } from './sealRelease.ts'
import type { TrainOptions } from './trainBundles.ts'

/** What a delta renews: popularity alone, or also the catalogue: new items and changed details. */
export type DeltaKind = 'popularity' | 'items'

export interface Delta {
  readonly release: BuiltBundle
  /** Items behind those of the base. */
  readonly appended: number
}

/** Most popular items that are compared with what exact counts give, and the share that has to be the same. */
const COMPARED = 100
const SAME = 0.9

/**
 * A release on a base: generators, ranker, item numbers and their files are the base's, byte for byte; popularity is that of
 * the dataset's end, and new items are appended. It carries the base's evaluation, which measured exactly this: generators and
 * ranker held fixed on the days after their cut, while popularity was renewed at every midnight. The gate's checks of the
 * bytes are made anew.
 * @throws ForYouError where the base is of another site or other data, or where the data has no times
 */
export async function deltaRelease(
  base: DeltaBase,
  dataset: Dataset,
  kind: DeltaKind,
  limits: Settings['gate'],
  options: Omit<TrainOptions, 'progress'>,
): Promise<Delta> {
  assertOnBase(base, dataset, options.site)
  const until = lastMoment(dataset) + 1
  const order = deltaOrder(dataset, base.bundle.ids, kind === 'popularity' ? base.appended : undefined)
  assertNothingLost(order)
  const next = popularityOnBase(base, dataset, order, until)
  const blobs =
    kind === 'popularity' ? withPopularityDelta(base, next) : withItemsDelta(base, dataset, order, next)
  const { base: _, evaluation, files: __, ...rest } = base.manifest
  const { override: ___, ...measured } = evaluation! // a reason was given for another release
  const manifest = async (): Promise<Manifest> => ({
    ...rest,
    version: until,
    built: until,
    asOf: until,
    clock: options.archive ? 'archive' : 'live',
    data: dataFacts(dataset, options.fingerprint),
    base: { manifest: base.hash, built: base.built },
    evaluation: null,
    files: await filesOf(blobs),
  })
  const draft = openBundle(await manifest(), '', blobs)
  blobs.set(DELTA.golden, encodeGolden(goldenCases(draft, rest.seed)))
  for (const [role, blob] of popularPages(draft, options.linkTemplate)) blobs.set(role, blob)
  const bundle = openBundle(await manifest(), '', blobs)
  const checked = withListCheck(gated(measured, bundle, blobs, limits), bundle, next)
  blobs.set(EVALUATION, encodeEvaluation(checked))
  const release = await builtBundle(await manifest(), blobs)
  return {
    release: { ...release, manifest: { ...release.manifest, evaluation: checked } },
    appended: order.indexOf.length - order.known,
  }
}

function assertNothingLost({ lost }: DeltaOrder): void {
  if (lost.length === 0) return
  throw new ForYouError('bad_data', `${lost.length} items of the base are not in the data: ${lost[0]} …`, {
    hint: 'Train a new base; "foryou train --base DIR" does so by itself unless only popularity is asked for.',
  })
}

/** That what a device decodes is what was counted. */
function withListCheck(evaluation: Evaluation, bundle: Bundle, exact: Popularity): Evaluation {
  const { popularHalfLife } = bundle.manifest.profile
  const wanted = popularList({ ...bundle, popularity: exact }, popularHalfLife, COMPARED)
  const got = new Set(popularList(bundle, popularHalfLife, COMPARED))
  const same = wanted.filter((item) => got.has(item)).length
  const share = wanted.length > 0 ? same / wanted.length : 1
  const check: GateCheck = {
    name: 'popular list',
    value: share,
    limit: SAME,
    unit: 'share of the most popular',
    passed: share >= SAME,
    text: `${same} of the ${wanted.length} most popular items by exact counts are so by the decoded changes`,
  }
  return { ...evaluation, gate: gateOf([...(evaluation.gate?.checks ?? []), check]) }
}
