import { readFile, writeFile } from 'node:fs/promises'
import { basename, join } from 'node:path'
import type { Evaluation } from '../../shared/bundle/manifest.ts'
import { ForYouError } from '../../shared/domain/errors.ts'
import { writeBundle } from '../build/builtBundle.ts'
import type { Config } from '../config.ts'
import type { Dataset } from '../dataset.ts'
import { withClockChecks } from '../evaluate/gate.ts'
import type { Timings } from '../evaluate/ladder.ts'
import { fingerprint } from '../ingest/fingerprint.ts'
import { type Trained, train } from '../pipeline/train.ts'
import type { DataQuality } from '../quality/dataQuality.ts'
import type { Made } from '../report/cardFacts.ts'
import { modelCard } from '../report/modelCard.ts'
import { readCard } from '../report/readCard.ts'
import { codeVersion } from '../runs/codeVersion.ts'
import type { DataSource, RunRecord } from '../runs/runRecord.ts'
import { checkData } from './checkData.ts'
import type { Io } from './command.ts'
import { consoleProgress } from './consoleProgress.ts'
import { recordTraining } from './recordTraining.ts'
import { stageOutput } from './stagedOutput.ts'

/** What training writes; nothing else may lie in a folder that it replaces. */
export const OUTPUTS = ['evaluation', 'release', 'report.json', 'report.html']

/** What a training run leaves behind besides its bundles: `report.json`. */
export interface TrainReport extends Evaluation {
  readonly timings: Timings
  readonly oracleNdcg: number | null
  /** Share of the replayed slates whose candidates held the chosen item. */
  readonly candidateRecall: number
  readonly slates: number
  readonly notes: readonly string[]
  /** What was known about the data; absent in reports of earlier versions. */
  readonly dataQuality?: DataQuality
  /** How to make it again; absent in reports of earlier versions. */
  readonly made?: Made
}

export interface TrainRequest {
  /** How the data was asked for, for the record. */
  readonly source?: DataSource
  /** The run that is repeated: its day decides what counts as archived. */
  readonly repeats?: RunRecord
}

/** What `trainTo` gives: the report, the release's hash, and the record where one was written. */
export interface TrainedTo {
  readonly report: TrainReport
  readonly release: string
  readonly run: RunRecord | null
}

/**
 * Checks the data by its rules, and trains a dataset into `DIR/evaluation`, `DIR/release`, `DIR/report.json` and its model
 * card `DIR/report.html`, which appear together when all is done, and records the run.
 */
export async function trainTo(
  out: string,
  dataset: Dataset,
  config: Config,
  io: Io,
  { source = { allowBad: false }, repeats }: TrainRequest = {},
): Promise<TrainedTo> {
  const began = io.now()
  // A run that is repeated was accepted once, under rules that may have changed since.
  const dataQuality = checkData(dataset, config.rules, io, source.allowBad || repeats !== undefined)
  const staged = stageOutput(out, OUTPUTS, io)
  const progress = consoleProgress(io)
  try {
    const archive = repeats?.archive ?? (dataset.order !== 'time' || isArchive(dataset.times, began))
    const trained = await train(dataset, config.settings, {
      site: config.site,
      fingerprint: await fingerprint(dataset),
      archive,
      ...(config.linkTemplate ? { linkTemplate: config.linkTemplate } : {}),
      progress,
    })
    progress.end()
    assertNoLeak(trained.result.evaluation, trained.result.oracleNdcg)
    const report = await writeOutputs(staged.folder, dataset, trained, {
      dataQuality,
      made: {
        command: trainCommandLine(dataset, trained.result.settings.seed, source),
        settings: trained.result.settings,
        code: codeVersion(io.root),
      },
    })
    await writeFile(join(staged.folder, 'report.html'), modelCard(await readCard(staged.folder)))
    staged.commit()
    const run = recordTraining({ dataset, config, trained, source, archive, repeats, began, io })
    return { report, release: trained.release.hash, run }
  } finally {
    staged.discard()
  }
}

async function writeOutputs(
  folder: string,
  dataset: Dataset,
  { result, release }: Trained,
  known: { readonly dataQuality: DataQuality; readonly made: Made },
): Promise<TrainReport> {
  await writeBundle(result.bundle, join(folder, 'evaluation'))
  await writeBundle(release, join(folder, 'release'))
  const { oracleNdcg, candidateRecall, slates, timings } = result
  const notes = [...dataset.ingest.notes, ...result.notes]
  const evaluation = release.manifest.evaluation!
  const gate = withClockChecks(
    evaluation.gate!,
    {
      milliseconds: timings[release.manifest.forYou]?.milliseconds ?? 0,
      trainSeconds: evaluation.ladder.reduce((sum, { rung }) => sum + (timings[rung]?.trainSeconds ?? 0), 0),
    },
    result.settings.gate,
  )
  const report = {
    ...evaluation,
    gate,
    timings,
    oracleNdcg,
    candidateRecall,
    slates,
    notes,
    ...known,
  }
  await writeFile(join(folder, 'report.json'), `${JSON.stringify(report, null, 2)}\n`)
  return report
}

/** The command that repeats a run; a folder is named as the data set is, because paths differ between machines. */
export function trainCommandLine(
  { name }: Dataset,
  seed: number,
  { argument = name, columns, allowBad }: DataSource,
  more: readonly string[] = [],
): string {
  const data = /[\\/]/.test(argument) ? `PATH/TO/${basename(argument)}` : argument
  const flags = [...(columns ? ['--columns', columns] : []), ...(allowBad ? ['--allow-bad'] : [])]
  const words = ['--data', data, ...flags, ...more, '--seed', String(seed), '--out', 'DIR']
  return [
    'foryou train',
    ...words.map((word) => (/^[\w.:=,/-]+$/.test(word) ? word : JSON.stringify(word))),
  ].join(' ')
}

/** The report of an earlier run, `null` where the folder holds none. */
export async function readReport(folder: string): Promise<TrainReport | null> {
  try {
    return JSON.parse(await readFile(join(folder, 'report.json'), 'utf8')) as TrainReport
  } catch {
    return null
  }
}

/** @throws ForYouError `leak` where a model did better than who knew the probabilities */
function assertNoLeak({ ladder }: Evaluation, oracle: number | null): void {
  const cheat = oracle === null ? undefined : ladder.find(({ metrics }) => metrics['ndcg@10']! > oracle)
  if (!cheat) return
  throw new ForYouError(
    'leak',
    `${cheat.rung} ranks better than the Bayes-optimal slate: it has seen what it should predict.`,
  )
}

const LIVE_DAYS = 30

/** Data that ended more than a month ago is archived: features then see bundle time, not the visitor's clock. */
export function isArchive(times: Float64Array, now: number): boolean {
  const last = times.reduce((max, time) => Math.max(max, time), 0)
  return now - last > LIVE_DAYS * 86_400_000
}
