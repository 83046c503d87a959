import { type CardFacts, type CardModel, modelsOf, NDCG, shippedOf } from './cardFacts.ts'
import { dataTable, type TableRow } from './dataTable.ts'
import { figure } from './figure.ts'
import { type Html, html, type Part } from './html.ts'
import { bytesText, fixed, percent, signedPercent } from './numberText.ts'
import type { PageSection } from './page.ts'
import { type ForestRow, svgForest } from './svgForest.ts'
import { svgScatter } from './svgScatter.ts'

type Gain = { readonly mean: number; readonly low: number; readonly high: number }

/** What ships against every other model: intervals, and the whole table with what loses. */
export function modelsSection(facts: CardFacts): PageSection {
  const { report } = facts
  const models = modelsOf(report)
  const compared = models.some(({ behind }) => behind)
  const rows = compared ? behindRows(models) : ladderRows(facts)
  const shipped = shippedOf(report)?.rung ?? 'popularity'
  const caption = compared
    ? html`NDCG@10 of <b>${shipped}</b> less that of each other model on the same queries, with 95 % intervals; at the right the same relative to the other. An interval that crosses the dashed rule shows no difference.`
    : 'Gain of each rung in NDCG@10 over the best rung below it, 95 % intervals. A rung ships only if its interval lies above the dashed rule, against every rung below.'
  return {
    id: 'models',
    heading: 'Against every baseline',
    body: html`${
      rows.length > 0 &&
      figure('forest', caption, (width, id) =>
        svgForest(
          rows,
          {
            id,
            title: 'Gain with 95 % intervals',
            description: rows.map(({ label, note }) => `${label}: ${note}`).join('; '),
            format: (value) => (compared ? signedDigits(value) : signedPercent(value, 0)),
            axis: compared
              ? `NDCG@10 of ${shipped} less that of the other`
              : 'relative gain over the best rung below, NDCG@10',
          },
          width,
        ),
      )
    }
${modelTable(facts, models)}
${report.baselines === undefined && html`<p class="missing">This report holds the rungs of the ladder alone: it was made before further baselines were ranked beside them.</p>`}`,
  }
}

function behindRows(models: readonly CardModel[]): ForestRow[] {
  return models.flatMap(({ name, behind }) =>
    behind
      ? [
          {
            label: `over ${name}`,
            interval: behind.difference,
            note: gainText(behind.gain),
            tone: toneOf(behind.difference),
          },
        ]
      : [],
  )
}

function ladderRows({ report }: CardFacts): ForestRow[] {
  return report.ladder.flatMap(({ rung, gain }) =>
    gain ? [{ label: rung, interval: gain, note: gainText(gain), tone: toneOf(gain) }] : [],
  )
}

function toneOf({ low, high }: Gain): 'good' | 'bad' | 'open' {
  return low > 0 ? 'good' : high < 0 ? 'bad' : 'open'
}

export function gainText({ mean, low, high }: Gain): string {
  return `${signedPercent(mean)} [${signedPercent(low)}, ${signedPercent(high)}]`
}

function modelTable({ report }: CardFacts, models: readonly CardModel[]): Html {
  const { timings, ladder, oracleNdcg, totals } = report
  const compared = models.some(({ behind }) => behind)
  const rows: TableRow[] = models.map((model) => {
    const timing = model.rung ? timings?.[model.rung] : undefined
    const gain = ladder.find(({ rung }) => rung === model.rung)?.gain
    return {
      chosen: model.chosen,
      cells: [
        html`${model.name}${model.chosen && html` <span class="pill good">ships</span>`}${model.model !== model.name && html`<small>${model.model}</small>`}`,
        ...['ndcg@10', 'recall@20', 'mrr'].map((name) => fixed(model.metrics[name] ?? Number.NaN, 4)),
        percent(model.metrics['coverage@10'] ?? Number.NaN),
        compared ? behindText(model) : gain && gainText(gain),
        model.bytes > 0 ? bytesText(model.bytes) : 'offline',
        timing ? fixed(timing.milliseconds, 2) : '',
        timing ? fixed(timing.trainSeconds, 1) : '',
      ],
    }
  })
  if (oracleNdcg) {
    rows.push({
      cells: [
        html`oracle<small>Bayes-optimal slate of the synthetic world</small>`,
        fixed(oracleNdcg, 4),
        '',
        '',
        '',
        '',
        '',
        '',
        '',
      ],
    })
  }
  return dataTable(
    'models-table',
    compared
      ? html`Every model, what loses included${totals?.comparisons && `; p-values are corrected for all ${totals.comparisons} comparisons`}`
      : 'Every model, what loses included',
    [
      { heading: 'model' },
      ...['NDCG@10', 'recall@20', 'MRR', 'coverage'].map((heading) => ({ heading, number: true })),
      { heading: compared ? 'what ships gains over it' : 'gain over best below', number: true },
      ...['bytes', 'ms a list', 'train s'].map((heading) => ({ heading, number: true })),
    ],
    rows,
  )
}

function behindText({ behind }: CardModel): Part {
  if (!behind) return null
  const p = behind.p < 0.001 ? 'p < 0.001' : `p ${fixed(behind.p, 3)}`
  return html`${gainText(behind.gain)}<small>${p}</small>`
}

function signedDigits(value: number): string {
  return value > 0 ? `+${fixed(value, 2)}` : fixed(value, 2)
}

/** Worth against bytes over the wire. */
export function costSection({ report }: CardFacts): PageSection {
  const models = modelsOf(report)
  const shippable = models.filter(({ bytes }) => bytes > 0)
  const points = shippable.map(({ name, metrics, bytes, chosen }) => ({
    label: name,
    x: bytes,
    y: metrics[NDCG] ?? Number.NaN,
    tone: chosen ? ('chosen' as const) : ('hollow' as const),
  }))
  const left = models.filter(({ bytes }) => bytes === 0).map(({ name }) => name)
  const caption = html`What a visitor downloads to rank (Brotli; popularity and the catalogue are part of every model) against NDCG@10. The line joins what nothing smaller reaches; the filled dot is what ships.${
    left.length > 0 && ` Not drawn, because no browser could hold it: ${left.join(', ')}.`
  }`
  return {
    id: 'cost',
    heading: 'What a byte buys',
    body: figure('pareto', caption, (width, id) =>
      svgScatter(
        points,
        {
          id,
          title: 'Bytes against NDCG@10',
          description: points.map((p) => `${p.label}: ${bytesText(p.x)}, ${fixed(p.y, 4)}`).join('; '),
          xAxis: 'bytes over the wire, log scale',
          yAxis: 'NDCG@10',
          xFormat: bytesTick,
        },
        width,
      ),
    ),
  }
}

function bytesTick(bytes: number): string {
  return bytes >= 1e6 ? `${bytes / 1e6} MB` : bytes >= 1e3 ? `${bytes / 1e3} kB` : `${bytes} B`
}
