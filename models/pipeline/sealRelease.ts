import type { Evaluation } from '../../shared/bundle/manifest.ts'
import { checkGolden, decodeGolden } from '../../shared/rank/golden.ts'
import { type BuiltBundle, builtBundle, open } from '../build/builtBundle.ts'
import { type ManifestInput, manifestOf } from '../build/manifestOf.ts'
import { releaseGate } from '../evaluate/gate.ts'
import { brotliBytes } from '../evaluate/rungCosts.ts'
import type { Settings } from '../settings.ts'

/** Files that no ranking needs. */
const NOT_RANKING = /^(details\/|golden$|popular\.|report|encoder$)/

/** The finished release: its manifest carries the evaluation with the gate's checks of these very bytes. */
export async function sealRelease(
  input: ManifestInput & { readonly evaluation: Evaluation },
  blobs: ReadonlyMap<string, ArrayBuffer>,
  limits: Settings['gate'],
): Promise<BuiltBundle> {
  const { evaluation, forYou } = input
  const bundle = open(await builtBundle(await manifestOf(input, blobs), blobs))
  const sizes = [...blobs].map(([role, blob]) => [role, brotliBytes(blob)] as const)
  const sum = (of: readonly (readonly [string, number])[]) => of.reduce((total, [, size]) => total + size, 0)
  const rankBytes = sum(sizes.filter(([role]) => !NOT_RANKING.test(role)))
  const gate = releaseGate(evaluation, { forYou, rankBytes, goldenFault: goldenFault(bundle, blobs) }, limits)
  const totals = { ...evaluation.totals, wireBytes: sum(sizes), rankBytes }
  return builtBundle(
    await manifestOf({ ...input, evaluation: { ...evaluation, totals, gate } }, blobs),
    blobs,
  )
}

function goldenFault(
  bundle: ReturnType<typeof open>,
  blobs: ReadonlyMap<string, ArrayBuffer>,
): string | null {
  try {
    const cases = decodeGolden(blobs.get('golden')!)
    const empty = cases.findIndex(({ items }) => items.length === 0)
    if (empty >= 0) return `Golden case ${empty} recommends nothing.`
    checkGolden(bundle, cases)
    return null
  } catch (error) {
    return error instanceof Error ? error.message : String(error)
  }
}
