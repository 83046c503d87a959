import type { Evaluation } from '../../shared/bundle/manifest.ts'
import type { Bundle } from '../../shared/bundle/openBundle.ts'
import { checkGolden, decodeGolden, goldenOf } from '../../shared/rank/golden.ts'
import { type BuiltBundle, builtBundle, open } from '../build/builtBundle.ts'
import { type ManifestInput, manifestOf } from '../build/manifestOf.ts'
import { releaseGate } from '../evaluate/gate.ts'
import { brotliBytes } from '../evaluate/rungCosts.ts'
import type { Settings } from '../settings.ts'

/** Files that no ranking needs. */
const NOT_RANKING = /^(details\/|golden$|delta\.golden$|popular\.|evaluation$|report|encoder$)/

/** The finished release: its manifest carries the evaluation with the gate's checks of these very bytes. */
export async function sealRelease(
  input: ManifestInput & { readonly evaluation: Evaluation },
  blobs: ReadonlyMap<string, ArrayBuffer>,
  limits: Settings['gate'],
): Promise<BuiltBundle> {
  const bundle = open(await builtBundle(await manifestOf(input, blobs), blobs))
  const evaluation = gated(input.evaluation, bundle, blobs, limits)
  return builtBundle(await manifestOf({ ...input, evaluation }, blobs), blobs)
}

/** An evaluation with the gate's checks of the bytes of a release, and what they weigh. */
export function gated(
  evaluation: Evaluation,
  bundle: Bundle,
  blobs: ReadonlyMap<string, ArrayBuffer>,
  limits: Settings['gate'],
): Evaluation {
  const { forYou } = bundle.manifest
  const sizes = [...blobs].map(([role, blob]) => [role, brotliBytes(blob)] as const)
  const sum = (of: readonly (readonly [string, number])[]) => of.reduce((total, [, size]) => total + size, 0)
  const rankBytes = sum(sizes.filter(([role]) => !NOT_RANKING.test(role)))
  const gate = releaseGate(evaluation, { forYou, rankBytes, goldenFault: goldenFault(bundle, blobs) }, limits)
  const totals = { ...evaluation.totals, wireBytes: sum(sizes), rankBytes }
  return { ...evaluation, totals, gate }
}

function goldenFault(
  bundle: ReturnType<typeof open>,
  blobs: ReadonlyMap<string, ArrayBuffer>,
): string | null {
  try {
    const cases = decodeGolden(goldenOf(blobs)!)
    const empty = cases.findIndex(({ items }) => items.length === 0)
    if (empty >= 0) return `Golden case ${empty} recommends nothing.`
    checkGolden(bundle, cases)
    return null
  } catch (error) {
    return error instanceof Error ? error.message : String(error)
  }
}
