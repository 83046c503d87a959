import { sha256 } from '../../shared/bundle/hash.ts'
import type { Manifest } from '../../shared/bundle/manifest.ts'
import { openBundle } from '../../shared/bundle/openBundle.ts'
import { API } from '../../shared/domain/routes.ts'
import { featureSchemaText, lackedFeature } from '../../shared/features/featureSchema.ts'
import { FEATURE_IDS } from '../../shared/features/features.ts'
import { checkGolden, decodeGolden, goldenDifference, goldenOf } from '../../shared/rank/golden.ts'
import { EMBED_FILE, parseEmbed } from '../publish/embed.ts'
import type { findingsOf } from './finding.ts'
import { failure, type Patient } from './patient.ts'

type Report = ReturnType<typeof findingsOf>

const DEPLOY =
  'Deploy the loader of the code that trained it (npm run deploy), or promote a bundle that the loader can feed.'

/** Whether the loader that is live computes what the ranker reads, and this code means the same by it. */
export async function examineFeatures(
  { ask }: Patient,
  { features, featureSchema }: Manifest,
  { good, bad, warning }: Report,
  check: string,
): Promise<void> {
  if (!features) return
  const here = lackedFeature(features)
  const answer = await ask(`/${EMBED_FILE}`)
  const loader = failure(answer) ? undefined : loaderFeatures(answer.text)
  const lacked = loader ? lackedFeature(features, loader) : here
  const whose = loader ? 'the loader' : 'this code (the loader does not say what it computes)'
  if (lacked) {
    bad(check, `its ranker reads ${lacked} in ${whose}: visitors keep the bundle that they have`, DEPLOY)
  } else if (!here && (await sha256(featureSchemaText(features))) !== featureSchema) {
    const text = 'this code declares the features otherwise than the code that trained it'
    warning(check, text, 'Train and promote with this code before you deploy it.')
  } else {
    good(check, `all ${features.length} that its ranker reads are computed by ${whose}`)
  }
}

function loaderFeatures(text: string): readonly string[] | undefined {
  try {
    return parseEmbed(text).features
  } catch {
    return undefined // a page of the host instead of a file: as good as none
  }
}

/** Ranks the recorded cases with the bytes as they are served: what every device does before it trusts them. */
export async function examineRanking(
  { ask, base }: Patient,
  manifest: Manifest,
  { good, bad, unknown }: Report,
): Promise<void> {
  const check = 'golden cases'
  try {
    const blobs = new Map<string, ArrayBuffer>()
    for (const { role, sha256: name } of manifest.files) {
      if (/^(details|report|encoder|evaluation)\b|^popular\./.test(role)) continue
      const answer = await ask(`${base}${API}/b/${name}`, { headers: { 'accept-encoding': 'br' } })
      if (failure(answer)) return unknown(check, `${role} cannot be had`)
      blobs.set(role, answer.bytes.buffer)
    }
    const golden = goldenOf(blobs)
    if (!golden) return unknown(check, 'the bundle has recorded none')
    const lacked = lackedFeature(manifest.features ?? FEATURE_IDS)
    if (lacked) return unknown(check, `this code cannot feed its ranker: it reads ${lacked}`)
    const bundle = openBundle(manifest, '', blobs)
    const cases = decodeGolden(golden)
    checkGolden(bundle, cases)
    const largest = goldenDifference(bundle, cases)
    good(
      check,
      `all ${cases.length} rank as recorded with this code; scores differ by ${largest === 0 ? 'nothing' : `${largest.toExponential(1)} at the most`}`,
    )
  } catch (error) {
    bad(
      check,
      `${error instanceof Error ? error.message : error} Devices with this code serve the popular list, or keep what they have.`,
      'Train and promote with the code of the loader that is live.',
    )
  }
}
