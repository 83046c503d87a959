import type { Dataset } from '../dataset.ts'
import type { TextFacts } from './dataQuality.ts'
import { MAX_FAULTS } from './faults.ts'

/**
 * UTF-8 read as Latin-1 or Windows-1252 leaves a lead byte as Ã, Â or â with a continuation byte behind it; what could not be
 * decoded at all leaves U+FFFD.
 */
const MOJIBAKE =
  /[\u00C2\u00C3][\u0080-\u00BF]|\u00E2[\u0080-\u00BF\u20AC][\u0080-\u00BF\u2018-\u203A\u20AC\u2122\u0153]|\uFFFD/

/** Signs that text was decoded wrongly somewhere, or that one item has two spellings. */
export function textsOf({ catalogue, ingest }: Dataset): TextFacts {
  const garbled = catalogue.filter(({ id, title }) => MOJIBAKE.test(id) || MOJIBAKE.test(title))
  const byFolded = new Map<string, string>()
  const twins: (readonly [string, string])[] = []
  for (const { id } of catalogue) {
    const folded = id.toLowerCase()
    const other = byFolded.get(folded)
    if (other === undefined) byFolded.set(folded, id)
    else twins.push([other, id])
  }
  const spellings = ingest.understood?.spellings
  return {
    notUtf8: ingest.rejected['not UTF-8'] ?? 0,
    nul: ingest.rejected['NUL character'] ?? 0,
    bom: ingest.understood?.bom ?? false,
    trimmed: spellings?.trimmed ?? 0,
    composed: spellings?.composed ?? 0,
    spellingExample: spellings?.example ?? null,
    caseTwins: twins.length,
    twinExamples: twins.slice(0, MAX_FAULTS),
    mojibake: garbled.length,
    mojibakeExamples: garbled
      .slice(0, MAX_FAULTS)
      .map(({ id, title }) => (title === id ? id : `${id}: ${title}`)),
  }
}
