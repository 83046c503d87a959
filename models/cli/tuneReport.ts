import type { OrderOf } from '../dataset.ts'
import type { Settings } from '../settings.ts'
import { changesFrom } from '../tune/proposals.ts'
import type { Measured } from '../tune/successiveHalving.ts'
import type { Tuned } from '../tune/tuneSettings.ts'
import { textTable } from './textTable.ts'

/** Models in the table, besides the best, the base and the chosen one. */
const SHOWN = 12
const NOTES = 6

/** The front, what was chosen and why, and what the budgets kept out. */
export function tuneReport(tuned: Tuned, base: Settings, order: OrderOf, written: string | null): string {
  const { chosen, best, finalists, rejected } = tuned
  const lines: string[] = []
  if (best && chosen) {
    const front = paretoFront(finalists)
    const shown = finalists.filter(
      (f, rank) => rank < SHOWN || f === chosen || f.number === 0 || front.includes(f),
    )
    lines.push(
      textTable(
        [
          { heading: 'trial', align: 'right' },
          { heading: 'NDCG@10 ± se' },
          { heading: 'kB', align: 'right' },
          { heading: 'ms', align: 'right' },
          { heading: 'train s', align: 'right' },
          { heading: '' },
          { heading: 'what differs from the base' },
        ],
        shown.map((f) => row(f, { best, chosen, front }, base, order)),
      ),
      '',
      `Validation: ${best.result.queries} queries of users or days that the evaluation never asks; ${best.result.rung} ranked. kB: the bundle over the wire, item details left out. ms: a slate in Node, the browser's stand-in.`,
      ...verdict(
        best,
        chosen,
        finalists.find(({ number }) => number === 0),
      ),
    )
  } else lines.push('No trial stayed within the budgets; nothing is written.')
  if (rejected.length > 0) {
    lines.push('', `Rejected: ${rejected.length} ${rejected.length === 1 ? 'trial' : 'trials'}`)
    for (const { number, why } of rejected.slice(0, NOTES)) lines.push(`  trial ${number}: ${why}`)
    if (rejected.length > NOTES) lines.push(`  … and ${rejected.length - NOTES} more (--json has all)`)
  }
  if (written) lines.push('', `Settings are in ${written}; foryou train uses them from there.`)
  else if (chosen) lines.push('', 'What training uses by itself was chosen; nothing is written.')
  return lines.join('\n')
}

function row(
  trial: Measured,
  { best, chosen, front }: { best: Measured; chosen: Measured; front: readonly Measured[] },
  base: Settings,
  order: OrderOf,
): string[] {
  const { ndcg, error, bytes, milliseconds, trainSeconds } = trial.result
  const marks = [
    ...(trial === chosen ? ['chosen'] : []),
    ...(trial === best ? ['best'] : []),
    ...(front.includes(trial) && trial !== chosen && trial !== best ? ['front'] : []),
  ]
  const changes = changesFrom(base, trial.settings, order)
  const text =
    changes.length > 4 ? `${changes.slice(0, 4).join(', ')} … (${changes.length})` : changes.join(', ')
  return [
    String(trial.number),
    `${ndcg.toFixed(4)} ± ${error.toFixed(4)}`,
    (bytes / 1000).toFixed(0),
    milliseconds.toFixed(2),
    trainSeconds.toFixed(1),
    marks.join(', '),
    trial.number === 0 ? 'the base: what training uses by itself' : text,
  ]
}

/** Models that no other is both better and smaller than. */
export function paretoFront(finalists: readonly Measured[]): Measured[] {
  return finalists.filter(
    (f) =>
      !finalists.some(
        (g) =>
          g.result.ndcg >= f.result.ndcg &&
          g.result.bytes <= f.result.bytes &&
          (g.result.ndcg > f.result.ndcg || g.result.bytes < f.result.bytes),
      ),
  )
}

function verdict(best: Measured, chosen: Measured, base: Measured | undefined): string[] {
  const line = `Chosen: trial ${chosen.number}, the smallest within one standard error of the best (≥ ${(best.result.ndcg - best.result.error).toFixed(4)}).`
  if (!base) return [line, 'The base itself is not in the table: it broke a budget.']
  const gain = (100 * (chosen.result.ndcg - base.result.ndcg)) / (base.result.ndcg || 1)
  const bytes = (100 * (chosen.result.bytes - base.result.bytes)) / base.result.bytes
  const signed = (x: number) => `${x < 0 ? '−' : '+'}${Math.abs(x).toFixed(1)} %`
  return chosen.number === 0
    ? [`${line} It is the base.`]
    : [`${line} Against the base: NDCG@10 ${signed(gain)}, bytes ${signed(bytes)}.`]
}
