import { createHash } from 'node:crypto'
import { existsSync, readFileSync } from 'node:fs'
import { dirname, join, resolve } from 'node:path'
import { ForYouError } from '../../shared/domain/errors.ts'
import { type Config, readConfig } from '../config.ts'
import type { Dataset } from '../dataset.ts'
import { fingerprint } from '../ingest/fingerprint.ts'
import { codeVersion } from '../runs/codeVersion.ts'
import { searchSpace } from '../searchSpace.ts'
import { defaultSettings, type Settings } from '../settings.ts'
import { baseSettings } from '../tune/baseSettings.ts'
import { openJournal } from '../tune/journal.ts'
import type { Budgets } from '../tune/successiveHalving.ts'
import { tuneSettings } from '../tune/tuneSettings.ts'
import { writeWhole } from '../writeWhole.ts'
import type { Command, Io, ParsedArgs } from './command.ts'
import { consoleProgress } from './consoleProgress.ts'
import { DATA_FLAGS, dataSource, loadFor } from './loadFor.ts'
import { dataOf, recordTuning } from './recordTraining.ts'
import { tuneReport } from './tuneReport.ts'

const TRIALS = 36

export const tune: Command = {
  name: 'tune',
  summary:
    'Searches settings on validation data, within budgets, and writes the smallest model within one standard error of the best.',
  usage:
    '--data NAME|DIR|FILE [--trials N] [--budget-bytes N] [--budget-seconds N] [--budget-ms N] [--out FILE]',
  flags: {
    ...DATA_FLAGS,
    trials: { type: 'string', value: 'N', summary: `settings to try, ${TRIALS} by default` },
    'budget-bytes': {
      type: 'string',
      value: 'N',
      summary: 'Brotli bytes of the bundle, item details left out',
    },
    'budget-seconds': { type: 'string', value: 'S', summary: 'seconds of training on this machine' },
    'budget-ms': {
      type: 'string',
      value: 'MS',
      summary: 'median of a slate in Node, a stand-in for the browser',
    },
    threads: { type: 'string', value: 'N', summary: 'trials at a time, one for each core by default' },
    seed: { type: 'string', value: 'N', summary: 'seed of every random choice' },
    config: {
      type: 'string',
      value: 'FILE',
      summary: 'settings to begin with; foryou.config.json by default',
    },
    out: {
      type: 'string',
      value: 'FILE',
      summary: 'configuration to write; the one that was read by default',
    },
    fresh: { type: 'boolean', summary: 'forget what an interrupted search has measured' },
  },
  positionals: [0, 0],
  run: runTune,
}

async function runTune(args: ParsedArgs, io: Io): Promise<number> {
  const began = io.now()
  const trials = args.integer('trials') ?? TRIALS
  if (trials < 1) throw new ForYouError('bad_usage', '--trials must be at least 1.')
  const budgets = budgetsOf(args)
  const file = resolve(io.cwd, args.string('config') ?? 'foryou.config.json')
  const out = resolve(io.cwd, args.string('out') ?? file)
  if (!existsSync(dirname(out)))
    throw new ForYouError('bad_usage', `--out: there is no folder ${dirname(out)}.`)
  const config = await readConfig(io.cwd, args.string('config'))
  const seed = args.integer('seed')
  const dataset = await loadFor(args, io)
  const progress = consoleProgress(io)
  const chosen = { ...config.settings, ...(seed === undefined ? {} : { seed }) }
  const base = await baseSettings(dataset, chosen, progress)
  const data = dataOf(dataset, await fingerprint(dataset), dataSource(args, io))
  const path = join(dirname(config.runs!), 'tune', `${dataset.name.replace(/[^\w.-]/g, '_')}.jsonl`)
  const key = digest({
    data: [data.fingerprint, data.catalogue],
    base,
    trials,
    budgets,
    space: spaceText(dataset),
    sources: codeVersion(io.root).sources,
  })
  const journal = openJournal(path, args.boolean('fresh') ? digest({ key, now: began }) : key)
  if (journal.resumed > 0) io.note(`Going on: ${journal.resumed} measurements are in ${path}`)
  else io.note(`Measurements go to ${path}; an interrupted search goes on from there.`)
  const threads = args.integer('threads')
  const tuned = await tuneSettings(dataset, {
    base,
    trials,
    budgets,
    journal,
    progress,
    ...(threads ? { threads } : {}),
  })
  progress.end()
  const written = tuned.chosen ? writeSettings(out, file, dataset, tuned.chosen.settings, base) : null
  const run = recordTuning({ dataset, config, data, tuned, base, began, io })
  if (args.boolean('json'))
    io.out(JSON.stringify({ ...tuned, base, written, journal: path, run: run?.id ?? null }))
  else io.out(tuneReport(tuned, base, dataset.order, written))
  return tuned.chosen ? 0 : 1
}

function budgetsOf(args: ParsedArgs): Budgets {
  const number = (flag: string): number | undefined => {
    const text = args.string(flag)
    if (text === undefined) return undefined
    const value = Number(text)
    if (!(value > 0 && Number.isFinite(value)))
      throw new ForYouError('bad_usage', `--${flag} must be a number above 0, not "${text}".`)
    return value
  }
  const bytes = number('budget-bytes')
  const trainSeconds = number('budget-seconds')
  const milliseconds = number('budget-ms')
  return {
    ...(bytes === undefined ? {} : { bytes }),
    ...(trainSeconds === undefined ? {} : { trainSeconds }),
    ...(milliseconds === undefined ? {} : { milliseconds }),
  }
}

function spaceText({ order }: Dataset): string {
  return searchSpace(order)
    .map(({ path, at }) => `${path} ${[0, 0.25, 0.5, 0.75, 0.999].map(at).join(' ')}`)
    .join('\n')
}

/**
 * Writes the chosen settings into a configuration, whatever else it holds kept: of each top-level setting, those that differ
 * from what training would take by itself.
 * @returns the file, `null` where there is nothing to write
 */
function writeSettings(
  out: string,
  from: string,
  dataset: Dataset,
  chosen: Settings,
  base: Settings,
): string | null {
  const names = searchSpace(dataset.order).map(({ path }) => path.split('.')[0] as keyof Settings)
  const same = (a: unknown, b: unknown) => JSON.stringify(a) === JSON.stringify(b)
  if (names.every((name) => same(chosen[name], base[name])) && out === from) return null
  const source = existsSync(out) ? out : from
  const config = existsSync(source) ? (JSON.parse(readFileSync(source, 'utf8')) as Partial<Config>) : {}
  const defaults = defaultSettings(dataset.order)
  const settings = {
    ...config.settings,
    ...Object.fromEntries(
      names.filter((name) => !same(chosen[name], defaults[name])).map((name) => [name, chosen[name]]),
    ),
  }
  writeWhole(out, `${JSON.stringify({ ...config, settings }, null, 2)}\n`)
  return out
}

function digest(value: unknown): string {
  return createHash('sha256').update(JSON.stringify(value)).digest('hex')
}
