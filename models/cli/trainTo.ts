import { mkdir, readFile, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { Evaluation } from '../../shared/bundle/manifest.ts'
import { ForYouError } from '../../shared/domain/errors.ts'
import { writeBundle } from '../build/builtBundle.ts'
import type { Config } from '../config.ts'
import type { Dataset } from '../dataset.ts'
import type { Timings } from '../evaluate/ladder.ts'
import { fingerprint } from '../ingest/fingerprint.ts'
import { train } from '../pipeline/train.ts'
import type { Io } from './command.ts'

/** What a training run leaves behind besides its bundles: `report.json`. */
export interface TrainReport extends Evaluation {
  readonly timings: Timings
  readonly oracleNdcg: number | null
  /** Share of the replayed slates whose candidates held the chosen item. */
  readonly candidateRecall: number
  readonly slates: number
  readonly notes: readonly string[]
}

/**
 * Trains a dataset into `DIR/evaluation`, `DIR/release` and `DIR/report.json`; the report is written last, so that a folder
 * with a report is whole.
 */
export async function trainTo(
  out: string,
  dataset: Dataset,
  config: Config,
  io: Io,
): Promise<{ report: TrainReport; release: string }> {
  const { result, release } = await train(dataset, config.settings, {
    site: config.site,
    fingerprint: await fingerprint(dataset),
    archive: dataset.order !== 'time' || isArchive(dataset.times, io.now()),
    ...(config.linkTemplate ? { linkTemplate: config.linkTemplate } : {}),
    progress: (step) => io.note(`… ${step}`),
  })
  assertNoLeak(result.evaluation, result.oracleNdcg)
  await mkdir(out, { recursive: true })
  await rm(join(out, 'report.json'), { force: true })
  await writeBundle(result.bundle, join(out, 'evaluation'))
  await writeBundle(release, join(out, 'release'))
  const { oracleNdcg, candidateRecall, slates, timings } = result
  const notes = [...dataset.ingest.notes, ...result.notes]
  const report = { ...release.manifest.evaluation!, timings, oracleNdcg, candidateRecall, slates, notes }
  await writeFile(join(out, 'report.json'), `${JSON.stringify(report, null, 2)}\n`)
  return { report, release: release.hash }
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
function isArchive(times: Float64Array, now: number): boolean {
  const last = times.reduce((max, time) => Math.max(max, time), 0)
  return now - last > LIVE_DAYS * 86_400_000
}
