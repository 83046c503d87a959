import type { Segment } from '../../shared/bundle/evaluation.ts'
import { type CardFacts, NDCG } from './cardFacts.ts'
import { dataTable } from './dataTable.ts'
import { figure } from './figure.ts'
import { type Html, html } from './html.ts'
import { count, fixed, percent, plural } from './numberText.ts'
import type { PageSection } from './page.ts'
import { svgBars } from './svgBars.ts'

const KINDS = {
  history: {
    what: 'by how much the visitor had done before',
  },
  items: { what: 'by the kind of item that was chosen' },
} as const

/** For whom, and for which items, personal ranking is worth more than the popular list. */
export function segmentsSection({ report }: CardFacts): PageSection {
  const { segments } = report
  const heading = 'For whom it is better'
  if (!segments?.some(({ queries }) => queries > 0)) {
    const why = segments
      ? 'Nothing was asked in this evaluation, so there are no segments.'
      : 'This report was made before queries were told apart by history and by item.'
    return { id: 'segments', heading, body: html`<p class="missing">${why}</p>` }
  }
  const of = (by: string) => segments.filter((segment) => segment.by === by)
  return {
    id: 'segments',
    heading,
    body: html`${personalText(of('history'))}
${kindOf('history', of('history'))}
${kindOf('items', of('items'))}
<p class="quiet">Head: the fewest items that make up half of the training interactions; tail: all others. New: first seen at most 30 days before. Unseen: no interaction in training.</p>`,
  }
}

/** Where the whole gain over popularity comes from. */
function personalText(segments: readonly Segment[]): Html {
  const gains = segments.map((segment) => ({
    segment,
    sum: segment.queries * ((segment.shipped[NDCG] ?? 0) - (segment.popularity[NDCG] ?? 0)),
  }))
  const total = gains.reduce((sum, gain) => sum + gain.sum, 0)
  const most = gains.reduce<(typeof gains)[number] | null>((a, b) => (a && a.sum >= b.sum ? a : b), null)
  const none = segments.find(({ name }) => name === '0')
  const cold =
    none && none.queries > 0
      ? ` ${plural(none.queries, 'choice')} came from visitors without a history: they get the popular list.`
      : ''
  if (!most || total <= 0 || most.sum <= 0) {
    return html`<p>Over all histories together, what ships gains nothing over popularity.${cold}</p>`
  }
  const proven = segments.filter(({ overPopularity }) => overPopularity && overPopularity.low > 0)
  return html`<p>Of all that personal ranking adds over popularity, ${percent(most.sum / total, 0)} goes to visitors with <b>${most.segment.name} ${most.segment.name === '1' ? 'item' : 'items'}</b> of history, who make ${percent(
    most.segment.queries /
      Math.max(
        1,
        segments.reduce((sum, { queries }) => sum + queries, 0),
      ),
    0,
  )} of the choices. ${
    proven.length > 0
      ? `The gain is proven for histories of ${proven.map(({ name }) => name).join(', ')}.`
      : 'In no segment by itself is the gain proven.'
  }${cold}</p>`
}

function kindOf(by: keyof typeof KINDS, segments: readonly Segment[]): Html | null {
  const asked = segments.filter(({ queries }) => queries > 0)
  if (asked.length === 0) return null
  const { what } = KINDS[by]
  const groups = asked.map((segment) => ({
    label: segment.name,
    note: count(segment.queries),
    values: [segment.shipped[NDCG] ?? null, segment.popularity[NDCG] ?? null],
    intervals: [aroundPopularity(segment), null],
  }))
  const caption = html`Below each pair: ${by === 'history' ? 'items of the history' : 'kind of item'}, and how many choices. The whisker is the 95 % interval of the difference to popularity, set on popularity's bar.`
  return html`<h3>NDCG@10 ${what}</h3>
${figure(`by-${by}`, caption, (width, id) =>
  svgBars(
    groups,
    {
      id,
      title: `NDCG@10 ${what}`,
      description: groups
        .map(
          ({ label, values }) =>
            `${label}: ${fixed(values[0] ?? Number.NaN, 4)}, popularity ${fixed(values[1] ?? Number.NaN, 4)}`,
        )
        .join('; '),
      series: ['what ships', 'popularity'],
      axis: 'NDCG@10',
      format: (value, digits) => value.toFixed(digits),
    },
    width,
  ),
)}
${dataTable(
  `by-${by}-table`,
  'The same in figures',
  [
    { heading: by === 'history' ? 'items of history' : 'items' },
    ...['choices', 'visitors', 'what ships', 'popularity', 'best other', 'over popularity, 95 %'].map(
      (heading) => ({
        heading,
        number: true,
      }),
    ),
  ],
  segments.map((segment) => ({
    cells: [
      segment.name,
      count(segment.queries),
      count(segment.users),
      ...[segment.shipped, segment.popularity].map((metrics) => fixed(metrics[NDCG] ?? Number.NaN, 4)),
      html`${fixed(segment.best[NDCG] ?? Number.NaN, 4)}${segment.bestName !== '' && html`<small>${segment.bestName}</small>`}`,
      segment.overPopularity ? differenceText(segment.overPopularity) : '–',
    ],
  })),
)}`
}

function aroundPopularity({ overPopularity, popularity }: Segment): readonly [number, number] | null {
  const base = popularity[NDCG]
  return overPopularity && base !== undefined ? [base + overPopularity.low, base + overPopularity.high] : null
}

/** A difference in NDCG with its interval: +0.0123 [+0.0101, +0.0145]. */
export function differenceText({ mean, low, high }: { mean: number; low: number; high: number }): string {
  const signed = (value: number) => (value > 0 ? `+${fixed(value, 4)}` : fixed(value, 4))
  return `${signed(mean)} [${signed(low)}, ${signed(high)}]`
}
