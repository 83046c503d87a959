import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { ForYouError } from '../../shared/domain/errors.ts'
import { readConfig } from '../config.ts'
import { fingerprint } from '../ingest/fingerprint.ts'
import { compareRuns } from '../runs/compareRuns.ts'
import type { RunRecord } from '../runs/runRecord.ts'
import { findRun, readRuns } from '../runs/runStore.ts'
import type { Settings } from '../settings.ts'
import type { Command, Io, ParsedArgs } from './command.ts'
import { loadFor } from './loadFor.ts'
import { dataOf } from './recordTraining.ts'
import { comparisonText, runsTable, runText } from './runsReport.ts'
import { trainTo } from './trainTo.ts'

const VERBS = ['list', 'show', 'compare', 'rerun'] as const

export const runs: Command = {
  name: 'runs',
  summary: 'Lists recorded runs, newest first; shows one, compares several, or makes one again.',
  usage:
    '[list]\n       foryou runs show ID\n       foryou runs compare A B [C …]\n       foryou runs rerun ID [--out DIR]',
  flags: {
    config: {
      type: 'string',
      value: 'FILE',
      summary: 'configuration that says where runs lie; .foryou/runs by default',
    },
    out: {
      type: 'string',
      value: 'DIR',
      summary: 'rerun: keep the bundles; without it only hashes are compared',
    },
  },
  positionals: [0, 50],
  async run(args, io) {
    const [verb = 'list', ...ids] = args.positionals
    const folder = (await readConfig(io.cwd, args.string('config'))).runs!
    if (verb === 'list' && ids.length === 0) return list(args, io, folder)
    if (verb === 'show' && ids.length === 1) return show(args, io, folder, ids[0]!)
    if (verb === 'compare' && ids.length >= 2) return compare(args, io, folder, ids)
    if (verb === 'rerun' && ids.length === 1) return rerun(args, io, folder, ids[0]!)
    const why = VERBS.some((known) => known === verb)
      ? `foryou runs ${verb} takes ${verb === 'compare' ? 'two ids or more' : verb === 'list' ? 'no id' : 'one id'}.`
      : `There is no "foryou runs ${verb}".`
    throw new ForYouError('bad_usage', why, { hint: `Usage: foryou runs ${runs.usage}` })
  },
}

function list(args: ParsedArgs, io: Io, folder: string): number {
  const stored = readRuns(folder)
  if (args.boolean('json')) io.out(JSON.stringify({ folder, ...stored }))
  else if (stored.runs.length > 0) io.out(runsTable(stored.runs))
  else io.out(`No runs in ${folder} yet: foryou train records each of its runs there.`)
  for (const reason of stored.unreadable) io.note(`Not a run: ${reason}`)
  return 0
}

function show(args: ParsedArgs, io: Io, folder: string, id: string): number {
  const run = findRun(readRuns(folder), id, folder)
  io.out(args.boolean('json') ? JSON.stringify(run) : runText(run))
  return 0
}

function compare(args: ParsedArgs, io: Io, folder: string, ids: readonly string[]): number {
  const stored = readRuns(folder)
  const chosen = ids.map((id) => findRun(stored, id, folder))
  const comparison = compareRuns(chosen)
  if (args.boolean('json')) io.out(JSON.stringify({ runs: chosen.map(({ id }) => id), ...comparison }))
  else io.out(comparisonText(chosen, comparison))
  return 0
}

/** Trains again with the recorded settings on the same data. Exit code 1 where the bytes are not the same. */
async function rerun(args: ParsedArgs, io: Io, folder: string, id: string): Promise<number> {
  const before = findRun(readRuns(folder), id, folder)
  if (before.kind !== 'train') {
    throw new ForYouError(
      'not_supported',
      `Run ${before.id} is no training run: only these can be made again.`,
    )
  }
  // Whether the data is good enough was decided then; that it is the same is checked below.
  const dataset = await loadFor(recordedArgs(args, before), io, before.data.source.argument, {
    maxBadShare: 1,
  })
  const found = dataOf(dataset, await fingerprint(dataset), before.data.source)
  for (const part of ['fingerprint', 'catalogue'] as const) {
    if (found[part] === before.data[part]) continue
    throw new ForYouError(
      'bad_data',
      `The data is not what it was: ${part === 'fingerprint' ? 'interactions' : 'the catalogue'} of "${before.data.name}" had ${before.data[part].slice(0, 12)} (${before.data.interactions} interactions, ${before.data.items} items), now ${found[part].slice(0, 12)} (${found.interactions}, ${found.items}).`,
      {
        hint: 'A run repeats only on the very data it saw; train anew on what is there now, then compare the runs.',
      },
    )
  }
  const kept = args.string('out')
  const out = kept === undefined ? mkdtempSync(join(tmpdir(), 'foryou-rerun-')) : resolve(io.cwd, kept)
  try {
    const config = {
      site: before.site ?? 'foryou',
      ...(before.linkTemplate ? { linkTemplate: before.linkTemplate } : {}),
      runs: folder,
      settings: before.settings as Partial<Settings>,
    }
    const { run } = await trainTo(out, dataset, config, io, { source: before.data.source, repeats: before })
    if (run === null)
      throw new ForYouError('internal', 'The repeated run could not be recorded, so nothing can be compared.')
    const comparison = compareRuns([before, run])
    const same = comparison.artefacts.differ.length === 0
    if (args.boolean('json')) io.out(JSON.stringify({ same, runs: [before.id, run.id], ...comparison }))
    else {
      io.out(comparisonText([before, run], comparison))
      io.out()
      io.out(same ? `The same bytes again: all ${comparison.artefacts.all} files.` : 'Not the same bytes.')
    }
    return same ? 0 : 1
  } finally {
    if (kept === undefined) rmSync(out, { recursive: true, force: true })
  }
}

/** The flags of the recorded run in place of those of this call. */
function recordedArgs(args: ParsedArgs, { data }: RunRecord): ParsedArgs {
  const { source } = data
  const recorded: Record<string, string | undefined> = { data: source.argument, columns: source.columns }
  return {
    ...args,
    string: (flag) => (flag in recorded ? recorded[flag] : args.string(flag)),
    boolean: (flag) => (flag === 'allow-bad' ? source.allowBad : args.boolean(flag)),
  }
}
