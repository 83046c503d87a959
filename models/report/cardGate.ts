import type { GateCheck } from '../../shared/bundle/evaluation.ts'
import { type CardFacts, NDCG, shippedOf } from './cardFacts.ts'
import { gainText } from './cardModels.ts'
import { differenceText } from './cardSegments.ts'
import { dataTable } from './dataTable.ts'
import { type Html, html } from './html.ts'
import { bytesText, count, fixed } from './numberText.ts'
import type { PageSection } from './page.ts'

/** Every condition of going live, and every surface by itself. */
export function gateSection({ report }: CardFacts): PageSection {
  const { gate, surfaces } = report
  const shipped = shippedOf(report)?.rung
  return {
    id: 'gate',
    heading: 'The gate',
    body: html`${
      gate
        ? dataTable(
            'gate-table',
            gate.checks.some(({ passed }) => passed === false)
              ? 'What was checked'
              : 'Every check that could be made passed',
            [{ heading: 'check' }, { heading: 'result' }, { heading: 'why' }],
            gate.checks.map((check) => ({ cells: [check.name, checkPill(check), check.text] })),
          )
        : html`<p class="missing">Budgets, coverage and golden cases were not yet part of the gate when this report was made.</p>`
    }
${dataTable(
  'ladder-table',
  'The ladder: a rung ships only if it beats every rung below, with 95 % intervals above 0 over users and over days',
  [
    { heading: 'rung' },
    { heading: 'NDCG@10', number: true },
    { heading: 'gain over the best below, 95 %', number: true },
    { heading: 'adds', number: true },
    { heading: 'ships' },
  ],
  report.ladder.map(({ rung, metrics, gain, bytes, ships }) => ({
    chosen: rung === shipped,
    cells: [
      rung,
      fixed(metrics[NDCG] ?? Number.NaN, 4),
      gain && gainText(gain),
      bytesText(bytes),
      ships ? 'yes' : 'no',
    ],
  })),
)}
${
  surfaces &&
  dataTable(
    'surfaces-table',
    'Surfaces, each against the simple list that it has to be worth more than',
    [
      { heading: 'surface' },
      { heading: 'verdict' },
      { heading: 'measured by' },
      ...['asked', 'value', 'simple list', 'difference, 95 %'].map((heading) => ({ heading, number: true })),
    ],
    surfaces.map((row) => ({
      cells: [
        row.surface,
        html`<span class="pill ${TONES[row.verdict] ?? ''}">${row.verdict}</span>`,
        html`${row.measure}<small>against ${row.baseline}</small>`,
        count(row.queries),
        fixed(row.value, 4),
        fixed(row.baselineValue, 4),
        row.difference ? differenceText(row.difference) : '–',
      ],
    })),
  )
}`,
  }
}

const TONES: Readonly<Record<string, string>> = { proven: 'good', worse: 'bad' }

function checkPill({ passed, warning, value }: GateCheck): Html {
  if (passed === null)
    return html`<span class="pill">${warning && value !== null ? 'unproven' : 'not measured'}</span>`
  if (!passed && warning) return html`<span class="pill bad">✕ warning</span>`
  return passed ? html`<span class="pill good">✓ passed</span>` : html`<span class="pill bad">✕ failed</span>`
}
