import type { Slate, SlateItem, Surface } from '../../shared/domain/slate.ts'

/** Every text of the element. `{title}` stands for an item's title, or for what a list is the top in. */
export interface Labels {
  readonly headings: Readonly<Record<Surface, string>>
  readonly because: string
  readonly like: string
  readonly popular: string
  readonly trending: string
  readonly taste: string
  readonly fresh: string
}

export const LABELS: Labels = {
  headings: {
    'for-you': 'For you',
    similar: 'Similar',
    because: 'Because you viewed {title}',
    'bought-together': 'Bought together',
    'top-in': 'Top in {title}',
    trending: 'Trending',
    popular: 'Popular',
    new: 'New',
    recent: 'Recently viewed',
  },
  because: 'Because you viewed {title}',
  like: 'Like what you viewed',
  popular: 'Popular now',
  trending: 'Trending now',
  taste: 'Popular in what you like',
  fresh: 'New',
}

export function headingOf(
  { surface, seedDetails, within }: Slate,
  labels: Labels,
  own: string | null,
): string {
  return (own ?? labels.headings[surface]).replace('{title}', seedDetails?.title ?? within?.value ?? '…')
}

/**
 * Why an item is shown, in one line: the visitor's own item that brought it where there is one, else what added most to its
 * score. Lists whose heading says it already have no such line, and what the site itself has put there has none either, whatever
 * else speaks for it.
 */
export function reasonLine({ surface }: Slate, { why }: SlateItem, labels: Labels): string {
  const placed = why.some(({ source }) => source === 'pin' || source === 'explore')
  if (surface !== 'for-you' || placed) return ''
  const added = why.filter(({ share }) => share > 0)
  const { source, title } = added.find((reason) => reason.title) ?? added[0] ?? {}
  if (title) return labels.because.replace('{title}', title)
  switch (source) {
    case 'trending':
      return labels.trending
    case 'personal-popular':
      return labels.taste
    case 'fresh':
      return labels.fresh
    case 'collaborative':
    case 'transitions':
    case 'content':
      return labels.like
    default:
      return labels.popular
  }
}
