import { resolve } from 'node:path'
import { open, readBundle } from '../build/builtBundle.ts'
import type { Dataset } from '../dataset.ts'
import { settingsOf } from '../pipeline/evaluateBundle.ts'
import { type ColdItemsEvaluation, evaluateColdItems } from '../pipeline/evaluateColdItems.ts'
import { defaultSettings, type Settings } from '../settings.ts'
import type { Io, ParsedArgs } from './command.ts'
import { signed } from './ladderReport.ts'
import { loadFor } from './loadFor.ts'
import { textTable } from './textTable.ts'

/** `evaluate --protocol cold-items`: fits without a tenth of the items; a bundle lends its settings where one is named. */
export async function coldItems(args: ParsedArgs, io: Io): Promise<number> {
  const dataset = await loadFor(args, io)
  const settings = await settingsFor(dataset, args, io)
  const result = await evaluateColdItems(dataset, settings, (step) => io.note(`… ${step}`))
  if (args.boolean('json')) {
    io.out(JSON.stringify({ all: result.all.evaluation, cold: result.cold.evaluation }))
    return 0
  }
  const { protocol, queries } = result.all.evaluation
  io.out(`${protocol.replace(/, ranked among .*/, '')}; ${queries} users are asked for them.\n`)
  io.out(coldTable(result))
  io.out(
    'all: ranked among all items, as a page shows them. hidden: among the hidden items alone, where popularity knows\n' +
      'nothing and its order means nothing. gain: NDCG@10 among the hidden over the best rung below.',
  )
  return 0
}

async function settingsFor(dataset: Dataset, args: ParsedArgs, io: Io): Promise<Settings> {
  const folder = args.string('bundle')
  if (folder === undefined) return defaultSettings(dataset.order)
  return settingsOf(open(await readBundle(resolve(io.cwd, folder))), dataset)
}

function coldTable({ all, cold }: ColdItemsEvaluation): string {
  const digits = (x: number | undefined) => (x ?? 0).toFixed(4)
  return textTable(
    [
      { heading: 'rung' },
      { heading: 'all: NDCG@10', align: 'right' },
      { heading: 'recall@100', align: 'right' },
      { heading: 'hidden: NDCG@10', align: 'right' },
      { heading: 'gain, 95 %', align: 'right' },
    ],
    all.evaluation.ladder.map(({ rung, metrics }, r) => {
      const own = cold.evaluation.ladder[r]!
      return [
        rung,
        digits(metrics['ndcg@10']),
        digits(metrics['recall@100']),
        digits(own.metrics['ndcg@10']),
        gainCell(own.gain),
      ]
    }),
  )
}

/** Popularity knows nothing of hidden items: a gain over nearly nothing says no more than that. */
function gainCell(gain: { mean: number; low: number; high: number } | null): string {
  if (!gain) return ''
  return gain.mean > 10 ? '> +1000 %' : `${signed(gain.mean)} [${signed(gain.low)}, ${signed(gain.high)}]`
}
