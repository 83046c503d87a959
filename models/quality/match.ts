import type { Dataset } from '../dataset.ts'
import type { Fault, MatchFacts } from './dataQuality.ts'
import { MAX_FAULTS } from './faults.ts'

/** How log and items file fit together; `null` without an items file. */
export function matchOf({ catalogue, uncatalogued, items, lines }: Dataset): MatchFacts | null {
  if (!uncatalogued) return null
  const seen = new Uint8Array(catalogue.length)
  let unknownInteractions = 0
  const first = new Map<number, number>()
  for (let row = 0; row < items.length; row++) {
    const item = items[row]!
    seen[item] = 1
    if (!uncatalogued[item]) continue
    unknownInteractions++
    const line = lines?.[row] ?? 0
    first.set(item, Math.min(line, first.get(item) ?? line))
  }
  const faults: Fault[] = [...first].map(([item, line]) => ({ line, value: catalogue[item]!.id }))
  const unseen = catalogue.filter((_, item) => !seen[item])
  return {
    catalogue: catalogue.length - first.size,
    unknownItems: first.size,
    unknownInteractions,
    faults: faults.sort((a, b) => a.line - b.line).slice(0, MAX_FAULTS),
    unseenItems: unseen.length,
    unseenExamples: unseen.slice(0, MAX_FAULTS).map(({ id }) => id),
  }
}
