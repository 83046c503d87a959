import { writeFile } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import { ForYouError } from '../../shared/domain/errors.ts'
import { modelCard } from '../report/modelCard.ts'
import { readCard } from '../report/readCard.ts'
import type { Command } from './command.ts'

export const report: Command = {
  name: 'report',
  summary: 'Renders the model card of a training output again: one self-contained HTML page.',
  usage: 'DIR [--out FILE]',
  flags: {
    out: { type: 'string', value: 'FILE', summary: 'where the page goes; DIR/report.html by default' },
  },
  positionals: [1, 1],
  async run(args, io) {
    const folder = resolve(io.cwd, args.positionals[0]!)
    const out = resolve(io.cwd, args.string('out') ?? join(folder, 'report.html'))
    const facts = await readCard(folder)
    try {
      await writeFile(out, modelCard(facts))
    } catch (cause) {
      throw new ForYouError('bad_usage', `${out} cannot be written: ${(cause as Error).message}`, { cause })
    }
    if (args.boolean('json')) io.out(JSON.stringify({ out, ...facts }))
    else io.out(`Model card in ${out}`)
    return 0
  },
}
