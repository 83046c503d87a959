import type { Comparison } from '../runs/compareRuns.ts'
import type { RunRecord } from '../runs/runRecord.ts'
import { type Column, textTable } from './textTable.ts'

/** Metrics that a person compares first; the others are in `--json`. */
const SHOWN = ['ndcg@10', 'ndcg@20', 'recall@10', 'recall@20', 'mrr', 'coverage@10', 'coverage@20']

/** All runs, one line each. */
export function runsTable(runs: readonly RunRecord[]): string {
  const columns: Column[] = [
    { heading: 'run' },
    { heading: 'what' },
    { heading: 'data' },
    { heading: 'seed', align: 'right' },
    { heading: 'best' },
    { heading: 'NDCG@10', align: 'right' },
    { heading: 'verdict' },
    { heading: 's', align: 'right' },
    { heading: 'code' },
  ]
  return textTable(
    columns,
    runs.map((run) => {
      const best = bestRow(run)
      return [
        run.id,
        run.rerunOf ? `${run.kind} (again)` : run.kind,
        run.data.name,
        String(run.settings.seed ?? ''),
        best?.name ?? '',
        best?.ndcg.toFixed(4) ?? '',
        run.verdict ?? '',
        run.seconds.toFixed(1),
        codeText(run),
      ]
    }),
  )
}

function bestRow({ metrics }: RunRecord): { name: string; ndcg: number } | null {
  return Object.entries(metrics).reduce<{ name: string; ndcg: number } | null>((best, [name, row]) => {
    const ndcg = row['ndcg@10']
    return ndcg !== undefined && (best === null || ndcg > best.ndcg) ? { name, ndcg } : best
  }, null)
}

function codeText({ code }: RunRecord): string {
  const what = code.commit ? code.commit.slice(0, 8) : `sources ${code.sources.slice(0, 8)}`
  return `${code.version} ${what}${code.dirty ? ' + changes' : ''}`
}

/** One run in full, as a person reads it. */
export function runText(run: RunRecord): string {
  const { data, environment, code } = run
  const facts: (readonly [string, string])[] = [
    ['run', `${run.id}${run.rerunOf ? `, which repeats ${run.rerunOf}` : ''}`],
    ['started', `${run.started.slice(0, 19).replace('T', ' ')} UTC, ${run.seconds.toFixed(1)} s`],
    ['data', `${data.name}: ${data.interactions} interactions, ${data.users} users, ${data.items} items`],
    [
      'loaded from',
      `${data.source.argument ?? 'the default'}${data.source.columns ? `, columns ${data.source.columns}` : ''}`,
    ],
    ['fingerprint', data.fingerprint],
    ['code', `${codeText(run)}, sources ${code.sources.slice(0, 12)}`],
    [
      'machine',
      `${environment.platform}, ${environment.cores} × ${environment.cpu}, Node ${environment.node}, ${environment.tensorflow}`,
    ],
    ['protocol', run.protocol],
    ['verdict', run.verdict ?? 'none'],
    ['settings', JSON.stringify(run.settings)],
  ]
  const width = Math.max(...facts.map(([label]) => label.length))
  const shown = SHOWN.filter((metric) => Object.values(run.metrics).some((row) => metric in row))
  const metrics = textTable(
    [{ heading: 'row' }, ...shown.map((heading) => ({ heading, align: 'right' as const }))],
    Object.entries(run.metrics).map(([name, row]) => [
      name,
      ...shown.map((metric) => row[metric]?.toFixed(4) ?? ''),
    ]),
  )
  const outputs = Object.entries(run.artefacts).map(([name, hash]) => [name, hash])
  return [
    ...facts.map(([label, value]) => `${label.padEnd(width)}  ${value}`),
    '',
    metrics,
    '',
    run.summary,
    ...run.notes.map((note) => `Note: ${note}`),
    ...(outputs.length > 0 ? ['', textTable([{ heading: 'output' }, { heading: 'SHA-256' }], outputs)] : []),
  ].join('\n')
}

/** What differs, then the figures side by side, each with its difference to the first run. */
export function comparisonText(runs: readonly RunRecord[], comparison: Comparison): string {
  const letters = runs.map((_, r) => String.fromCharCode(65 + r))
  const headings = letters.map((heading) => ({ heading }))
  const table = (name: string, rows: Comparison['settings']) =>
    rows.length === 0
      ? []
      : [
          '',
          textTable(
            [{ heading: name }, ...headings],
            rows.map(({ name, values }) => [name, ...values]),
          ),
        ]
  const metrics = comparison.metrics.filter(({ metric }) => SHOWN.includes(metric))
  const right = { align: 'right' as const }
  const { differ, all } = comparison.artefacts
  return [
    ...runs.map((run, r) => `${letters[r]}  ${run.id}  ${run.data.name}`),
    ...(comparison.sameData ? [] : ['', 'The data differs: the figures cannot be compared.']),
    ...table('setting', comparison.settings),
    ...(comparison.settings.length === 0 ? ['', 'All settings are the same.'] : []),
    ...table('circumstance', comparison.circumstances),
    '',
    textTable(
      [
        { heading: 'row' },
        { heading: 'metric' },
        ...letters.flatMap((heading, r) => [
          { heading, ...right },
          ...(r > 0 ? [{ heading: `${heading} − A`, ...right }] : []),
        ]),
      ],
      metrics.map(({ row, metric, values }) => [
        row,
        metric,
        ...values.flatMap((value, r) => [
          value?.toFixed(4) ?? '',
          ...(r > 0 ? [differenceText(values[0]!, value)] : []),
        ]),
      ]),
    ),
    '',
    differ.length === 0
      ? `All ${all} output files have the same bytes.`
      : `${differ.length} of ${all} output files differ: ${differ.slice(0, 8).join(', ')}${differ.length > 8 ? ' …' : ''}`,
  ].join('\n')
}

function differenceText(from: number | null, to: number | null): string {
  if (from === null || to === null) return ''
  const difference = to - from
  const sign = difference < 0 ? '−' : '+'
  const relative = from === 0 ? '' : ` (${sign}${Math.abs((100 * difference) / from).toFixed(1)} %)`
  return difference === 0 ? '=' : `${sign}${Math.abs(difference).toFixed(4)}${relative}`
}
