import { createHash } from 'node:crypto'
import type { BuiltBundle } from '../build/builtBundle.ts'
import type { Config } from '../config.ts'
import type { Dataset } from '../dataset.ts'
import type { Trained } from '../pipeline/train.ts'
import { codeVersion, environment } from '../runs/codeVersion.ts'
import { type DataSource, type RunData, type RunRecord, withId } from '../runs/runRecord.ts'
import { storeRun } from '../runs/runStore.ts'
import type { Io } from './command.ts'

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

/** Records a finished training run; a folder that cannot be written costs the record, not the result. */
export function recordTraining(training: Training): RunRecord | null {
  const { config, io } = training
  if (config.runs === undefined) return null
  try {
    const run = runOf(training)
    storeRun(config.runs, run)
    return run
  } catch (error) {
    io.note(`The run was not recorded in ${config.runs}: ${error instanceof Error ? error.message : error}`)
    return null
  }
}

function runOf({ dataset, config, trained, source, archive, repeats, began, io }: Training): RunRecord {
  const { result, release } = trained
  const { evaluation, timings, settings } = result
  return withId({
    kind: 'train',
    started: new Date(began).toISOString(),
    seconds: (io.now() - began) / 1000,
    ...(repeats ? { rerunOf: repeats.id } : {}),
    data: dataOf(dataset, release.manifest.data.fingerprint, source),
    site: config.site,
    ...(config.linkTemplate ? { linkTemplate: config.linkTemplate } : {}),
    archive,
    settings: { ...settings },
    code: codeVersion(io.root),
    environment: environment(io.root),
    protocol: evaluation.protocol,
    verdict: evaluation.verdict,
    summary: evaluation.summary,
    metrics: Object.fromEntries(evaluation.ladder.map(({ rung, metrics }) => [rung, metrics])),
    costs: Object.fromEntries(
      evaluation.ladder.map(({ rung, bytes }) => [rung, { bytes, ...timings[rung] }]),
    ),
    artefacts: { ...artefacts('evaluation', result.bundle), ...artefacts('release', release) },
    notes: [...dataset.ingest.notes, ...result.notes],
  })
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
