import type { DataQuality, Fault, Quantiles, RuleResult } from './dataQuality.ts'

/** A heading and its facts, as label and text: what every form of the report shows. */
export interface FactSection {
  readonly heading: string
  readonly facts: readonly (readonly [label: string, text: string])[]
}

/** The facts of a quality report in words, section by section. */
export function factSections(quality: DataQuality): FactSection[] {
  return [
    rowsSection(quality),
    timesAndValues(quality),
    usersSection(quality),
    itemsSection(quality),
    driftSection(quality),
    { heading: 'Notes', facts: quality.notes.map((note) => ['', note] as const) },
  ].filter(({ facts }) => facts.length > 0)
}

function rowsSection({
  rows,
  used,
  rejected,
  columns,
  volume,
  text,
  kinds,
  impressions,
}: DataQuality): FactSection {
  return {
    heading: 'Rows',
    facts: [
      ['rows', `${n(rows)} read, ${n(used)} used`],
      ...Object.entries(rejected).map(([reason, count]) => ['not used', `${n(count)}: ${reason}`] as const),
      ...(columns
        ? [
            [
              'columns',
              Object.entries(columns)
                .map(([role, name]) => `${role} = "${name}"`)
                .join(', '),
            ] as const,
          ]
        : []),
      ['successes', `${n(volume.successes)} of ${n(volume.interactions)} interactions`],
      ...kindFacts(kinds, impressions),
      ['text', textWords(text)],
    ],
  }
}

function kindFacts(
  kinds: DataQuality['kinds'],
  impressions: DataQuality['impressions'],
): (readonly [string, string])[] {
  const facts: (readonly [string, string])[] = []
  if (kinds)
    facts.push([
      'kinds',
      Object.entries(kinds)
        .map(([kind, count]) => `${n(count)} ${kind}`)
        .join(', '),
    ])
  if (!impressions) return facts
  const { slates, withPosition, withPropensity, answered, examined } = impressions
  facts.push([
    'impressions',
    `${n(impressions.impressions)} in ${n(slates)} slates, ${n(withPosition)} with a position, ${n(withPropensity)} with a propensity, ${n(answered)} answered`,
  ])
  if (examined) {
    const first = examined.slice(0, 10).map((theta) => `${Math.round(100 * theta)} %`)
    facts.push(['looked at', `${first.join(', ')} as often as the first position`])
  }
  return facts
}

function textWords({
  notUtf8,
  nul,
  bom,
  trimmed,
  composed,
  spellingExample,
  caseTwins,
  twinExamples,
  mojibake,
  mojibakeExamples,
}: DataQuality['text']): string {
  const twin = twinExamples[0]
  const found = [
    ...(notUtf8 > 0 ? [`${n(notUtf8)} rows are not UTF-8`] : []),
    ...(nul > 0 ? [`${n(nul)} rows hold a NUL character`] : []),
    ...(bom ? ['begins with a byte order mark (harmless)'] : []),
    ...(trimmed > 0 ? [`${n(trimmed)} ids with white space around them`] : []),
    ...(composed > 0 ? [`${n(composed)} ids were not in Unicode NFC`] : []),
    ...(spellingExample === null ? [] : [`for example "${spellingExample}"`]),
    ...(twin
      ? [`${n(caseTwins)} items differ from another in case alone, for example "${twin[0]}" and "${twin[1]}"`]
      : []),
    ...(mojibake > 0
      ? [`${n(mojibake)} items look wrongly decoded, for example "${mojibakeExamples[0]}"`]
      : []),
  ]
  return found.length > 0 ? found.join('; ') : 'no trouble found'
}

function timesAndValues({ time, values, order }: DataQuality): FactSection {
  const orderWords = {
    time: '',
    sequence: 'none; the order of each user is known',
    none: 'neither times nor order',
  }
  const facts: (readonly [string, string])[] = time
    ? [
        ['span', `${moment(time.first)} to ${moment(time.last)}, ${time.days.toFixed(1)} days`],
        ['unit', `${time.told} Finest step: a ${time.resolution}.`],
      ]
    : [['times', orderWords[order]]]
  if (!values) facts.push(['ratings', 'none'])
  else {
    const { measure, min, median, mean, max, scale, outOfRange } = values
    facts.push([
      measure === 'rating' ? 'ratings' : 'quantities',
      `${short(min)} to ${short(max)}, median ${short(median)}, mean ${short(mean)}`,
    ])
    if (scale) facts.push(['scale', `${scale[0]} to ${scale[1]}; ${n(outOfRange)} lie outside`])
  }
  return { heading: 'Times and values', facts }
}

function usersSection({ volume, bots }: DataQuality): FactSection {
  return {
    heading: 'Users',
    facts: [
      ['users', n(volume.users)],
      ['of each', spread(volume.perUser)],
      [
        'like bots',
        `${n(bots.users)} users with ${n(bots.interactions)} interactions (${percent(bots.share)})`,
      ],
      ...bots.suspects
        .slice(0, 3)
        .map(({ user, why, interactions }) => ['', `${user}: ${why}, ${n(interactions)} in all`] as const),
      ['told by', bots.rules.join('; ')],
    ],
  }
}

function itemsSection({ volume, match }: DataQuality): FactSection {
  const facts: (readonly [string, string])[] = [
    ['items', `${n(volume.items)} with an interaction`],
    ['of each', spread(volume.perItem)],
    ['density', `${percent(volume.density)} of all pairs of user and item`],
  ]
  if (!match) facts.push(['items file', 'none'])
  else {
    const example = match.faults[0] ? `, for example "${match.faults[0].value}"` : ''
    const unseen = match.unseenExamples[0] ? `, for example "${match.unseenExamples[0]}"` : ''
    facts.push(
      ['items file', `${n(match.catalogue)} items`],
      ['it lacks', `${n(match.unknownItems)} items of the log${example}`],
      ['never seen', `${n(match.unseenItems)} of its items${unseen}`],
    )
  }
  return { heading: 'Items', facts }
}

function driftSection({ drift, time }: DataQuality): FactSection {
  const heading = 'Drift between the last two periods'
  if (!drift) {
    return {
      heading,
      facts: [
        [
          '',
          time
            ? 'Too short or too little for two periods with something before them.'
            : 'Without times there are no periods.',
        ],
      ],
    }
  }
  const { days, earlier, later, drifts, commonItems, knownShare } = drift
  const ratio = later.interactions / earlier.interactions
  return {
    heading,
    facts: [
      [
        'periods',
        `${days} ${days === 1 ? 'day' : 'days'} each: from ${moment(earlier.from)} and from ${moment(later.from)}`,
      ],
      [
        'volume',
        `${n(earlier.interactions)}, then ${n(later.interactions)} interactions (× ${ratio.toFixed(2)})`,
      ],
      ...drifts.map(({ what, psi, word }) => [what, `PSI ${psi.toFixed(3)}: ${word}`] as const),
      [
        'items',
        `${percent(commonItems)} are in both periods; ${percent(knownShare)} of the later interactions are with items of the earlier`,
      ],
    ],
  }
}

/** `file:line value`, as an editor can jump to it. */
export function faultLine(file: string, { line, value }: Fault): string {
  return line > 0 ? `${file}:${line} ${value}` : `${file} ${value}`
}

/** What a rule allows, in words. */
export function limitWords({ rule, limit }: RuleResult): string {
  if (rule.startsWith('min')) return `at least ${n(limit)}`
  return rule.endsWith('Share') ? `at most ${percent(limit)}` : `at most ${short(limit)}`
}

export function percent(share: number): string {
  return `${short(100 * share)} %`
}

function spread({ min, p25, median, p75, p95, max }: Quantiles): string {
  return `${n(min)} to ${n(max)}, median ${n(median)}; a quarter have at most ${n(p25)}, three quarters ${n(p75)}, 95 % ${n(p95)}`
}

function moment(at: number): string {
  return `${new Date(at).toISOString().slice(0, 16).replace('T', ' ')} UTC`
}

function short(value: number): string {
  return String(Number(value.toPrecision(3)))
}

function n(value: number): string {
  return value.toLocaleString('en')
}
