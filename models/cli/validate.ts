import { writeFile } from 'node:fs/promises'
import { resolve } from 'node:path'
import { readConfig } from '../config.ts'
import { dataRules } from '../dataRules.ts'
import { assessQuality } from '../quality/assessQuality.ts'
import { qualityPage } from '../report/qualityPage.ts'
import type { Command } from './command.ts'
import { DATA_FLAGS, loadNamed } from './loadFor.ts'
import { qualityText } from './qualityText.ts'

export const validate: Command = {
  name: 'validate',
  summary:
    'Reports the quality of a data set: what is wrong and on which lines, what it can support, what is missing. Exit 1 where a rule is broken.',
  usage: 'NAME|DIR|FILE [--items FILE] [--html OUT] [--strict] [--config FILE]',
  flags: {
    items: { type: 'string', value: 'FILE', summary: 'items file, where none lies beside the interactions' },
    columns: DATA_FLAGS.columns,
    config: {
      type: 'string',
      value: 'FILE',
      summary: 'rules in data.rules; foryou.config.json in the current folder by default',
    },
    html: { type: 'string', value: 'OUT', summary: 'write the report as a self-contained page' },
    strict: { type: 'boolean', summary: 'rules that only warn count as broken too' },
  },
  positionals: [1, 1],
  async run(args, io) {
    const { rules = dataRules() } = await readConfig(io.cwd, args.string('config'))
    const items = args.string('items')
    // Everything that can be read is looked at: the rules decide what is too much.
    const dataset = await loadNamed(args.positionals[0], args, io, {
      allowBad: true,
      ...(items ? { itemsFile: resolve(io.cwd, items) } : {}),
    })
    const quality = assessQuality(dataset, rules, io.now())
    const page = args.string('html')
    if (page !== undefined) {
      await writeFile(resolve(io.cwd, page), qualityPage(quality))
      io.note(`Report in ${page}`)
    }
    io.out(args.boolean('json') ? JSON.stringify(quality) : qualityText(quality))
    const broken = quality.rules.some(
      (result) => result.broken && (result.severity === 'fail' || args.boolean('strict')),
    )
    return broken ? 1 : 0
  },
}
