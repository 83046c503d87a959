import { join, resolve } from 'node:path'
import { readConfig } from '../config.ts'
import { badShareLimit, dataRules } from '../dataRules.ts'
import { BASE_DAYS } from '../pipeline/assertOnBase.ts'
import type { Command } from './command.ts'
import { EDGE_FLAG } from './connectEdge.ts'
import { deltaText } from './deltaText.ts'
import { deltaTo } from './deltaTo.ts'
import { ladderReport } from './ladderReport.ts'
import { DATA_FLAGS, dataSource, EMBEDDING_FLAGS, loadEmbeddings, loadFor } from './loadFor.ts'
import { smallUpdate } from './smallUpdate.ts'
import { trainTo } from './trainTo.ts'
import { wrapText } from './wrapText.ts'

/** The edge whose live bundle is the base. */
const LIVE_FLAGS = Object.fromEntries(
  Object.entries(EDGE_FLAG).map(([name, flag]) => [
    name,
    { ...flag, summary: `for --base live: ${flag.summary.replace(/^or /, '')}` },
  ]),
)

export const trainCommand: Command = {
  name: 'train',
  summary:
    'Fits the ladder, evaluates it on the days after the cut, and builds the evaluation and the release bundle.',
  usage:
    '--data NAME|DIR|FILE --out DIR [--base DIR|live [--base-days N] [--only popularity]] [--config FILE] [--seed N] [--embeddings FILE]',
  flags: {
    ...DATA_FLAGS,
    ...EMBEDDING_FLAGS,
    out: {
      type: 'string',
      value: 'DIR',
      summary:
        'where the bundles go: DIR/evaluation, DIR/release, DIR/report.json and its page, DIR/report.html',
    },
    config: {
      type: 'string',
      value: 'FILE',
      summary: 'settings; foryou.config.json in the current folder by default',
    },
    base: {
      type: 'string',
      value: 'DIR|live',
      summary:
        'an earlier output, or what an edge serves: a small update on it, or a new base where it is too old',
    },
    ...LIVE_FLAGS,
    'base-days': { type: 'string', value: 'N', summary: `how old a base may be; ${BASE_DAYS} by default` },
    only: {
      type: 'string',
      value: 'popularity',
      summary: 'with --base: renew popularity alone, in seconds, whatever the age of the base',
    },
    seed: { type: 'string', value: 'N', summary: 'seed of every random choice' },
  },
  positionals: [0, 0],
  async run(args, io) {
    const out = resolve(io.cwd, args.required('out'))
    const config = await readConfig(io.cwd, args.string('config'))
    const seed = args.integer('seed')
    const loaded = await loadFor(args, io, args.string('data'), {
      maxBadShare: badShareLimit(config.rules ?? dataRules()),
    })
    const dataset = await loadEmbeddings(loaded, args, io)
    const settings = { ...config.settings, ...(seed === undefined ? {} : { seed }) }
    const source = dataSource(args, io)
    const small = await smallUpdate(args, io, dataset, { ...config, settings })
    if (small) {
      const made = await deltaTo(out, small.folder, dataset, small.kind, { ...config, settings }, io, source)
      if (args.boolean('json')) io.out(JSON.stringify(made))
      else io.out(deltaText(made, out))
      return made.report.gate?.passed === false ? 1 : 0
    }
    const { report, release, run } = await trainTo(out, dataset, { ...config, settings }, io, { source })
    if (args.boolean('json')) io.out(JSON.stringify(run ? { ...report, run: run.id } : report))
    else {
      io.out(ladderReport(report, report.timings, report.oracleNdcg))
      for (const note of report.notes) io.out(wrapText(`Note: ${note}`, 6))
      io.out()
      io.out(`Bundle ${release.slice(0, 12)} in ${join(out, 'release')}`)
      io.out(`Model card in ${join(out, 'report.html')}`)
      if (run) io.out(`Run ${run.id} (foryou runs show ${run.id})`)
    }
    return report.gate?.passed === false ? 1 : 0
  },
}
