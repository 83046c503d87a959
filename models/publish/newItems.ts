import type { OverlayItem } from '../../shared/bundle/overlay.ts'
import type { CatalogueItem } from '../../shared/domain/catalogue.ts'
import { safeUrl } from '../../shared/domain/safeUrl.ts'
import { type ContentEncoder, rowEncoder } from '../train/contentEncoder.ts'

export interface NewItems {
  /** Those that are released the latest come first. */
  readonly items: readonly OverlayItem[]
  /** What was left out, one sentence each. */
  readonly notes: readonly string[]
}

// A page checks again against its own address; here only what no page would use is left out.
const ANY_PAGE = 'https://page.invalid/'

/**
 * Items of a catalogue as an overlay names them: details that visitors see, and content as training would have weighed it.
 * @param origins hosts that links and images may name, empty for any
 * @param now ms since 1970 UTC: what is released later cannot be had yet, and is left out
 */
export function newItems(
  catalogue: readonly CatalogueItem[],
  encoder: ContentEncoder | null,
  origins: readonly string[],
  now: number,
): NewItems {
  const encode = encoder && rowEncoder(encoder)
  const notes: string[] = []
  const items = catalogue.flatMap((item): OverlayItem[] => {
    const { id, releasedAt, text: _, numbers: __, ...shown } = item
    if (releasedAt !== undefined && releasedAt > now) {
      notes.push(`"${id}" is not released before ${new Date(releasedAt).toISOString()}: add it then.`)
      return []
    }
    const details = { ...shown } as OverlayItem['details']
    for (const field of ['link', 'image'] as const) {
      const url = details[field]
      if (url === undefined || safeUrl(url, ANY_PAGE, origins) !== null) continue
      delete details[field]
      notes.push(`"${id}": its ${field} is not one that a page may use (${JSON.stringify(url)}); left out.`)
    }
    const terms = encode?.(item).map(({ term, weight }): [string, string, number] => [
      encoder!.names[encoder!.nameOf[term]!]!,
      encoder!.values[term]!,
      weight,
    ])
    return [
      {
        id,
        details,
        ...(releasedAt === undefined ? {} : { releasedAt }),
        ...(terms && terms.length > 0 ? { terms } : {}),
      },
    ]
  })
  const day = ({ releasedAt = Number.POSITIVE_INFINITY }: OverlayItem) => releasedAt
  return { items: items.toSorted((a, b) => (day(b) === day(a) ? 0 : day(b) - day(a))), notes }
}
