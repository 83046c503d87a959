import type { Contribution } from '../../shared/domain/slate.ts'
import { FEATURES } from '../../shared/features/features.ts'
import { SCORE_UNITS } from '../../shared/rank/scoreCandidates.ts'
import type { Asked } from '../inspect/askedItem.ts'
import type { InspectedItem, Inspection } from '../inspect/inspectQuery.ts'
import { isolatedText, padded, textTable } from './textTable.ts'
import { COLUMNS, wrapText } from './wrapText.ts'

/** Columns of slates that stand beside each other. */
const ABREAST = 3
const WIDE = 30
/** Columns of a bar to each side. */
const HALF = 16

/** A query taken apart, as a person reads it. */
export function inspectionText(inspection: Inspection): string {
  const { slate, surface, reason, forYou, candidates, catalogue, rules } = inspection
  const by = surface === 'for-you' ? `, ${reason === 'personal' ? forYou : 'popularity'}` : ''
  const from = surface === 'for-you' ? ` from ${candidates} candidates of ${catalogue} items` : ''
  return [
    historyText(inspection),
    ...(rules.length > 0 ? [wrapText(`Rules that decide here: ${rules.join(' · ')}`, 2)] : []),
    '',
    `${surface}, ${reason}${by}: ${slate.length} items${from}`,
    '',
    ...slate.flatMap((item) => itemLines(item)),
    ...othersText(inspection),
    '',
    'The last number is the score, the sum of its signed contributions, of which "popular" is what a visitor',
    'nobody knows would get; % is the chance that this is chosen next. In brackets: the item of the history',
    'that brought it. "brought by": a generator, and the item’s place in what that one offered.',
  ].join('\n')
}

function historyText({ history }: Inspection): string {
  if (history.length === 0) return 'History: none'
  const titles = history.toReversed().map(({ title }) => title)
  return wrapText(`History, ${history.length}, latest first: ${titles.join(' · ')}`, 2)
}

function itemLines({ place, title, score, chance, why, brought }: InspectedItem): string[] {
  const head = `${String(place).padStart(3)}  `
  const points = `${chance === undefined ? '' : `${(100 * chance).toFixed(chance < 0.1 ? 2 : 1)} %  `}${signless(score)}`
  const room = COLUMNS - head.length - points.length - 2
  const offered = brought.map((by) => `${by.generator} ${by.place}`)
  return [
    `${head}${padded(isolatedText(title, room), room)}  ${points}`,
    wrapText(`     ${contributionsText(why)}`, 5).replaceAll('\u00a0', ' '),
    ...(offered.length > 0 ? [wrapText(`     brought by ${offered.join(', ')}`, 7)] : []),
  ]
}

/** `+1.204 collaborative (Alien)  −0.310 visitor`, to be broken only between contributions. */
function contributionsText(why: readonly Contribution[]): string {
  const parts = why.map((part) => {
    const title = titleOf(part)
    return `${signed(part.share)} ${part.source}${title ? ` (${isolatedText(title, 30)})` : ''}`
  })
  return parts.map((part) => part.replaceAll(' ', '\u00a0')).join(', ')
}

/** A plus would be read as a gain. */
const signless = (score: number) => score.toFixed(3).replace('-', '−')
const titleOf = ({ item, title = item, rule }: Contribution) => title ?? rule
const signed = (share: number) => `${share < 0 ? '−' : '+'}${(Math.abs(share) / SCORE_UNITS).toFixed(3)}`

/** The same as bars around a middle, a line each. */
function bars(why: readonly Contribution[]): string {
  const most = Math.max(...why.map(({ share }) => Math.abs(share)))
  return why
    .map((part) => {
      const bar = '█'.repeat(Math.round((Math.abs(part.share) / most) * HALF))
      const [against, speaksFor] = part.share < 0 ? [bar, ''] : ['', bar]
      const line = `  ${against.padStart(HALF)}│${speaksFor.padEnd(HALF)}  ${signed(part.share).padStart(7)}`
      return `${line}  ${part.source.padEnd(16)}  ${isolatedText(titleOf(part) ?? '', 30)}`.trimEnd()
    })
    .join('\n')
}

function othersText({ others, slate }: Inspection): string[] {
  if (others.length === 0) return []
  const own = new Set(slate.map(({ item }) => item))
  const blocks = Array.from({ length: Math.ceil(others.length / ABREAST) }, (_, b) =>
    others.slice(b * ABREAST, (b + 1) * ABREAST),
  )
  return blocks.flatMap((block, b) => [
    '',
    ...(b === 0 ? ['What each would have shown (• also in the slate above):', ''] : []),
    textTable(
      [
        { heading: '#', align: 'right' },
        ...block.map(({ name, ships }) => ({ heading: ships ? `${name} (ships)` : name })),
      ],
      Array.from({ length: Math.max(...block.map(({ items }) => items.length)) }, (_, r) => [
        String(r + 1),
        ...block.map(({ items }) => {
          const entry = items[r]
          return entry ? `${own.has(entry.item) ? '•' : ' '} ${isolatedText(entry.title, WIDE - 2)}` : ''
        }),
      ]),
    ),
  ])
}

/** Why one item is, or is not, in the slate. */
export function askedText(asked: Asked): string {
  const { title, verdict, because, place, of, score, needed, features = {}, places } = asked
  const lines: string[] = []
  if (verdict === 'left out') return `${title} is left out before anything is ranked: it is ${because}.`
  if (verdict === 'no candidate')
    lines.push(`${title} is no candidate: no generator brings it within its quota.`)
  else {
    const standing =
      place === undefined
        ? 'a rule has brought it, no generator did'
        : `it is ranked ${place} of ${of} with ${signless(score!)}`
    const why = {
      shown: `${title} is in the slate: ${standing}.`,
      'ranked below': `${title} is not in the slate: ${standing}; the last item shown has ${signless(needed ?? 0)}.`,
      'kept out': `${title} is not in the slate: ${standing}, but the rules have kept it out.`,
    }[verdict]
    lines.push(wrapText(why), '', bars(asked.why!))
  }
  lines.push(
    '',
    textTable(
      [
        { heading: 'generator' },
        { heading: 'its place', align: 'right' },
        { heading: 'brings', align: 'right' },
        { heading: 'brought it' },
      ],
      places.map(({ generator, place: own, quota, brought }) => [
        generator,
        own === null ? 'none' : String(own),
        String(quota),
        brought ? 'yes' : 'no',
      ]),
    ),
  )
  if (Object.keys(features).length > 0) lines.push('', featureText(features))
  return lines.join('\n')
}

function featureText(features: Readonly<Record<string, number>>): string {
  const rows = FEATURES.filter(({ name }) => name in features).map(({ name, type, unit }) => {
    const value = features[name]!
    const quantity = type === 'log' ? Math.expm1(value) : value
    return [name, value.toFixed(3), quantity.toFixed(quantity < 10 ? 3 : 0), unit]
  })
  return textTable(
    [
      { heading: 'feature' },
      { heading: 'as read', align: 'right' },
      { heading: 'is', align: 'right' },
      { heading: 'of what' },
    ],
    rows,
  )
}
