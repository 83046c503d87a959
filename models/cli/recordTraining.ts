import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import type { BuiltBundle } from '../build/builtBundle.ts'
import type { Config } from '../config.ts'
import type { Dataset } from '../dataset.ts'
import type { Trained } from '../pipeline/train.ts'
import { codeVersion, environment } from '../runs/codeVersion.ts'
import { type DataSource, type RunData, type RunRecord, withId } from '../runs/runRecord.ts'
import { storeRun } from '../runs/runStore.ts'
import type { Settings } from '../settings.ts'
import type { Tuned } from '../tune/tuneSettings.ts'
import type { Io } from './command.ts'

type Unnamed = Omit<RunRecord, 'id' | 'schema'>

interface Training {
  readonly dataset: Dataset
  readonly config: Config
  readonly trained: Trained
  readonly source: DataSource
  readonly archive: boolean
  readonly repeats: RunRecord | undefined
  /** ms since 1970 */
  readonly began: number
  readonly io: Io
}

/** Records a finished training run. */
export function recordTraining(training: Training): RunRecord | null {
  return stored(training.config, training.io, () => runOf(training))
}

/** A folder that cannot be written costs the record, not the result. */
function stored(config: Config, io: Io, describe: () => Unnamed): RunRecord | null {
  if (config.runs === undefined) return null
  try {
    const run = withId(describe())
    storeRun(config.runs, run)
    return run
  } catch (error) {
    io.note(`The run was not recorded in ${config.runs}: ${error instanceof Error ? error.message : error}`)
    return null
  }
}

function runOf({ dataset, config, trained, source, archive, repeats, began, io }: Training): Unnamed {
  const { result, release } = trained
  const { evaluation, timings, settings } = result
  return {
    kind: 'train',
    started: new Date(began).toISOString(),
    seconds: (io.now() - began) / 1000,
    ...(repeats ? { rerunOf: repeats.id } : {}),
    data: dataOf(dataset, release.manifest.data.fingerprint, source),
    site: config.site,
    ...(config.linkTemplate ? { linkTemplate: config.linkTemplate } : {}),
    archive,
    settings: { ...settings },
    plugins: Object.fromEntries(
      settings.plugins.modules.map((path) => [
        path,
        createHash('sha256').update(readFileSync(path)).digest('hex'),
      ]),
    ),
    code: codeVersion(io.root),
    environment: environment(io.root),
    protocol: evaluation.protocol,
    verdict: evaluation.verdict,
    summary: evaluation.summary,
    metrics: {
      ...Object.fromEntries((evaluation.baselines ?? []).map(({ name, metrics }) => [name, metrics])),
      ...Object.fromEntries(evaluation.ladder.map(({ rung, metrics }) => [rung, metrics])),
    },
    costs: Object.fromEntries(
      evaluation.ladder.map(({ rung, bytes }) => [rung, { bytes, ...timings[rung] }]),
    ),
    artefacts: { ...artefacts('evaluation', result.bundle), ...artefacts('release', release) },
    notes: [...dataset.ingest.notes, ...result.notes],
  }
}

interface Tuning extends Pick<Training, 'dataset' | 'config' | 'began' | 'io'> {
  readonly data: RunData
  readonly tuned: Tuned
  readonly base: Settings
}

/** Records a finished search: every model that was measured on the whole validation is a row. */
export function recordTuning({ dataset, config, data, tuned, base, began, io }: Tuning): RunRecord | null {
  const { chosen, finalists, rejected } = tuned
  const rows = finalists.map(
    ({ number, result }) => [number === 0 ? 'base' : `trial-${number}`, result] as const,
  )
  return stored(config, io, () => ({
    kind: 'tune',
    started: new Date(began).toISOString(),
    seconds: (io.now() - began) / 1000,
    data,
    site: config.site,
    settings: { ...(chosen?.settings ?? base) },
    code: codeVersion(io.root),
    environment: environment(io.root),
    protocol: 'validation before the evaluation: successive halving',
    verdict: chosen ? 'tuned' : 'no model within the budgets',
    summary: chosen
      ? `Trial ${chosen.number} of ${finalists.length + rejected.length} measured to the end or rejected.`
      : 'Nothing stayed within the budgets.',
    metrics: Object.fromEntries(
      rows.map(([name, { ndcg, error }]) => [name, { 'ndcg@10': ndcg, 'ndcg@10 se': error }]),
    ),
    costs: Object.fromEntries(
      rows.map(([name, { bytes, milliseconds, trainSeconds }]) => [
        name,
        { bytes, milliseconds, trainSeconds },
      ]),
    ),
    artefacts: {},
    notes: dataset.ingest.notes.slice(),
  }))
}

export function dataOf(dataset: Dataset, fingerprint: string, source: DataSource): RunData {
  return {
    name: dataset.name,
    source,
    fingerprint,
    catalogue: createHash('sha256').update(JSON.stringify(dataset.catalogue)).digest('hex'),
    order: dataset.order,
    interactions: dataset.items.length,
    users: dataset.users.length,
    items: dataset.catalogue.length,
  }
}

/** Manifest and every file of a bundle, by where they lie: `release/table/0` is the file of that role. */
function artefacts(folder: string, { hash, manifest }: BuiltBundle): Record<string, string> {
  return {
    [`${folder}/manifest`]: hash,
    ...Object.fromEntries(manifest.files.map(({ role, sha256 }) => [`${folder}/${role}`, sha256])),
  }
}
