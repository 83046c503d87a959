import type { Contribution, Slate, SlateItem } from '../../index.ts'

/** One reason for a film, or against it, as the site says it. */
export interface WhyPart {
  /** Names no film of the visitor's, or ends where that film's title follows. */
  readonly words: string
  readonly title?: string
  /** Signed part of all that moved the film, in per cent. */
  readonly percent: number
}

type Words = readonly [speaksFor: string, withTitle: string, against: string]

const WORDS: Readonly<Record<string, Words>> = {
  collaborative: [
    'Watched by people who watch what you do',
    'Watched by people who also watched',
    'Seldom watched by people who watch what you do',
  ],
  transitions: [
    'Often watched after films like your last ones',
    'Often watched after',
    'Seldom watched after your last films',
  ],
  content: ['Resembles what you watch', 'Resembles', 'Unlike what you watch'],
  'personal-popular': [
    'Popular among the kinds of film you like',
    'Popular among films of the kind of',
    'Not the kind of film you watch most',
  ],
  visitor: ['Fits what you are in the mood for lately', '', 'Fits less what you are in the mood for lately'],
  popular: [
    'Wanted by everybody, more than the rest of this row',
    '',
    'Wanted by everybody less than the rest of this row',
  ],
  boost: ['Shown more often by this site', '', 'Shown less often by this site'],
  pin: ['Put in this place by this site', '', 'Put in this place by this site'],
  explore: ['New: shown so that it gets a chance', '', 'Gave its place to something new'],
  diversity: ['Unlike the others of this row', '', 'Much like others of this row'],
  seen: ['Known to you', '', 'You know it already'],
  rotation: ['Not shown to you lately', '', 'Shown to you before'],
}
const OTHER: Words = ['Moved up by this site', '', 'Moved down by this site']

/** What moves all films of a row by much the same: only what it moves one beyond the others says anything of that one. */
const COMMON = ['popular', 'visitor'] as const

/**
 * What moved a film among the others of its row, what speaks for it first. All bars together are how far the film stands
 * above or below one of which only the usual is known.
 */
export function whyParts({ items }: Slate, item: SlateItem): WhyPart[] {
  const shareOf = ({ why }: SlateItem, wanted: string) =>
    why.reduce((sum, { source, share }) => sum + (source === wanted ? share : 0), 0)
  const special = COMMON.map((source) => {
    const usual = items.reduce((sum, other) => sum + shareOf(other, source), 0) / (items.length || 1)
    return { source, share: shareOf(item, source) - usual }
  })
  const own = item.why.filter(({ source }) => !COMMON.some((common) => common === source))
  const moved: readonly Contribution[] = [...own, ...special]
  const all = moved.reduce((sum, { share }) => sum + Math.abs(share), 0) || 1
  return moved
    .map((part) => ({ ...wordsOf(part), percent: Math.round((100 * part.share) / all) }))
    .filter(({ percent }) => percent !== 0)
    .sort((a, b) => b.percent - a.percent)
}

function wordsOf({ source, title, share }: Contribution): Pick<WhyPart, 'words' | 'title'> {
  const [speaksFor, withTitle, against] = WORDS[source] ?? OTHER
  if (share < 0) return { words: against }
  return title && withTitle ? { words: withTitle, title } : { words: speaksFor }
}
