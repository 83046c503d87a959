import { ForYouError } from '../domain/errors.ts'
import type { Feature } from './feature.ts'
import { COMPUTED, FEATURE_IDS } from './features.ts'

/**
 * The text whose SHA-256 is a manifest's feature schema: of the features that its ranker reads, in its order, everything
 * that gives them their meaning but their code. How a unit is worded does not count; what is meant by it is the version's.
 * @param ids `name@version`; those that are not computed here count by their name alone
 */
export function featureSchemaText(ids: readonly string[] = FEATURE_IDS): string {
  const declared = ids.map((id) => {
    const feature = COMPUTED.get(id)
    if (!feature) return [id]
    const { type, default: byDefault, source, sees } = feature
    return [id, type, byDefault, source, sees]
  })
  return JSON.stringify(declared)
}

/**
 * The first feature that a ranker reads and this code does not compute, and what it computes instead, in words; `null`
 * where nothing is lacking.
 * @param ids `name@version`
 * @param here what is computed, in the same form
 */
export function lackedFeature(
  ids: readonly string[],
  here: readonly string[] = [...COMPUTED.keys()],
): string | null {
  const lacked = ids.find((id) => !here.includes(id))
  if (lacked === undefined) return null
  const name = lacked.slice(0, lacked.lastIndexOf('@') + 1)
  const other = here.find((id) => name !== '' && id.startsWith(name))
  return other ? `${lacked}, and there is ${other}` : `${lacked}, and there is none of that name`
}

/**
 * The features that a ranker reads, in its order: this code may have learned to compute others since.
 * @param ids `name@version`
 * @throws ForYouError `bundle_version` naming the first that this code does not compute
 */
export function featuresOf(ids: readonly string[]): readonly Feature[] {
  const lacked = lackedFeature(ids)
  if (lacked) throw new ForYouError('bundle_version', `The ranker reads ${lacked}.`)
  return ids.map((id) => COMPUTED.get(id)!)
}
