import { refuses } from '../evaluate/gate.ts'
import { type CardFacts, type CardModel, type CardReport, modelsOf, NDCG, shippedOf } from './cardFacts.ts'
import { factTiles } from './dataTable.ts'
import { type Html, html, type Part } from './html.ts'
import { bytesText, count, fixed, percent, plural, signedPercent } from './numberText.ts'

/** The card's first words: promote or not, and why, in one plain sentence. */
export function verdictHeading({ report }: CardFacts): string {
  const { verdict, gate, override } = report
  const failed = gate?.checks.filter(refuses) ?? []
  if (override) return 'Promoted against the gate, for a reason that somebody gave'
  if (gate && !gate.passed) return `Do not promote: ${failed[0]?.name ?? 'the gate'} failed`
  if (verdict === 'not-measurable') return 'Not measurable: popularity ships, unproven'
  const shipped = shippedOf(report)
  if (verdict === 'baseline' || !shipped) return 'Popularity ships: nothing beat it'
  const all = unbeaten(report).length === 0
  return `Promote: ${RUNG_WORDS[shipped.rung]} beats ${all ? 'everything simpler' : 'every rung below'}`
}

/** Other models that what ships is not proven to be better than. */
function unbeaten(report: CardReport): CardModel[] {
  return modelsOf(report).filter(({ behind }) => behind && behind.difference.low <= 0)
}

export const RUNG_WORDS = {
  popularity: 'popularity',
  'personal-popularity': 'personal popularity',
  content: 'content similarity',
  collaborative: 'the collaborative model',
  transitions: 'the transitions model',
  ranker: 'the learned ranker',
} as const

/** Why, for whom it was measured, and the figures that matter. */
export function verdictLead(facts: CardFacts): Html {
  const { report } = facts
  const { queries, users, days, gate, override } = report
  const over = `${plural(queries, 'choice')} of ${plural(users, 'visitor')}${days > 1 ? ` on ${plural(days, 'day')}` : ''}`
  const failed = gate?.checks.filter(({ passed }) => passed === false) ?? []
  return html`${verdictPill(facts)}
<p class="lead">${reason(facts, over)}</p>
${failed.length > 0 && html`<ul class="plain">${failed.map(({ name, warning, text }) => html`<li>${warning && `${name}: `}${text}</li>`)}</ul>`}
${override && html`<p>Reason given for publishing all the same: <bdi>${override.reason}</bdi></p>`}
${tiles(facts)}`
}

export function verdictPill({ report }: CardFacts): Html {
  const { verdict, gate, override } = report
  if (override) return html`<p><span class="pill bad">overridden</span></p>`
  if (gate && !gate.passed) return html`<p><span class="pill bad">✕ gate refused</span></p>`
  if (verdict === 'ships') return html`<p><span class="pill good">✓ ships</span></p>`
  return html`<p><span class="pill">${verdict === 'baseline' ? 'baseline ships' : 'unproven'}</span></p>`
}

function reason({ report }: CardFacts, over: string): Part {
  const shipped = shippedOf(report)
  const popularity = report.ladder.find(({ rung }) => rung === 'popularity')
  if (report.verdict === 'not-measurable') {
    return `Measured on ${over} only: too little to tell any model from another. Personal rungs are not shipped until they can be shown to help.`
  }
  if (!shipped?.gain || shipped.rung === 'popularity') {
    return `On ${over}, no rung of the ladder ranked better than popularity with an interval above zero. The popular list is a proper product; it is what visitors get.`
  }
  const { mean, low, high } = shipped.gain
  const others = unbeaten(report).map(({ name, behind }) =>
    behind!.difference.high < 0 ? `${name} (which did better)` : name,
  )
  return html`On ${over} after the cut it ranked the chosen item better than every rung below: NDCG@10 <b class="number">${fixed(shipped.metrics[NDCG] ?? Number.NaN, 4)}</b>, <b class="number">${signedPercent(mean)}</b> over the best of them (95 % interval ${signedPercent(low)} to ${signedPercent(high)})${
    popularity && `; popularity reaches ${fixed(popularity.metrics[NDCG] ?? Number.NaN, 4)}`
  }.${others.length > 0 && ` It is not proven to be better than ${others.join(', ')}.`}`
}

function tiles(facts: CardFacts): Html {
  const { report, manifest } = facts
  const { oracleNdcg, totals, candidateRecall } = report
  const shipped = modelsOf(report).find(({ chosen }) => chosen)
  if (!shipped) return html``
  const m = (name: string) => shipped.metrics[name] ?? Number.NaN
  const wire = totals?.wireBytes
  return factTiles([
    [
      'NDCG@10',
      fixed(m(NDCG), 4),
      oracleNdcg ? `${percent(m(NDCG) / oracleNdcg, 0)} of what is possible` : `${shipped.name}`,
    ],
    ['In the first ten', percent(m('hit-rate@10')), 'the chosen item was there'],
    ['Catalogue shown', percent(m('coverage@10')), 'in at least one first ten'],
    wire
      ? ['Over the wire', bytesText(wire), 'whole bundle, Brotli']
      : ['To rank', bytesText(shipped.bytes), 'over the wire, Brotli'],
    ['Items', count(manifest.data.items), `${count(manifest.data.interactions)} interactions`],
    candidateRecall
      ? ['Candidates', percent(candidateRecall), 'held the chosen item']
      : ['Visitors', count(manifest.data.users), 'in the training data'],
  ])
}
