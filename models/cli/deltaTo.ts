import { cpSync } from 'node:fs'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { Evaluation } from '../../shared/bundle/evaluation.ts'
import { DAY_MS } from '../../shared/domain/clock.ts'
import { writeBundle } from '../build/builtBundle.ts'
import type { Config } from '../config.ts'
import type { Dataset } from '../dataset.ts'
import { gateOf } from '../evaluate/gate.ts'
import { fingerprint } from '../ingest/fingerprint.ts'
import { type DeltaKind, deltaRelease } from '../pipeline/deltaRelease.ts'
import { type UpdateSizes, updateSizes } from '../publish/updateSizes.ts'
import { modelCard } from '../report/modelCard.ts'
import { readCard } from '../report/readCard.ts'
import { codeVersion } from '../runs/codeVersion.ts'
import type { DataSource } from '../runs/runRecord.ts'
import { defaultSettings } from '../settings.ts'
import { checkData } from './checkData.ts'
import type { Io } from './command.ts'
import type { BaseFolder } from './readBase.ts'
import { stageOutput } from './stagedOutput.ts'
import { isArchive, OUTPUTS, type TrainReport, trainCommandLine } from './trainTo.ts'

/** A delta that has been written, for whoever reports it. */
export interface DeltaTo {
  readonly report: TrainReport
  readonly release: string
  readonly base: string
  /** Days between the end of the base's data and the delta's. */
  readonly days: number
  readonly appended: number
  /** What a device that has the base fetches. */
  readonly sizes: UpdateSizes
}

/**
 * Makes a delta on a base into `DIR/release`, with the report, the card and the evaluation bundle of the base brought up to
 * date: the same folder as training leaves, complete by itself, which appears when all is done.
 */
export async function deltaTo(
  out: string,
  folder: BaseFolder,
  dataset: Dataset,
  kind: DeltaKind,
  config: Config,
  io: Io,
  source: DataSource,
): Promise<DeltaTo> {
  const dataQuality = checkData(dataset, config.rules, io, source.allowBad)
  const { base, report: earlier } = folder
  const { release, appended } = await deltaRelease(
    base,
    dataset,
    kind,
    config.settings.gate ?? defaultSettings('time').gate,
    {
      site: config.site,
      fingerprint: await fingerprint(dataset),
      archive: isArchive(dataset.times, io.now()),
      ...(config.linkTemplate ? { linkTemplate: config.linkTemplate } : {}),
    },
  )
  const days = (release.manifest.built - base.built) / DAY_MS
  const report: TrainReport = {
    ...earlier,
    ...withClock(release.manifest.evaluation!, earlier),
    candidateRecall: earlier.candidateRecall,
    notes: [...dataset.ingest.notes, evaluationNote(base.built, base.hash)],
    dataQuality,
    made: {
      command: trainCommandLine(dataset, base.manifest.seed, source, [
        '--base',
        'DIR',
        ...(kind === 'popularity' ? ['--only', 'popularity'] : []),
      ]),
      settings: earlier.made?.settings ?? {},
      code: codeVersion(io.root),
    },
  }
  const staged = stageOutput(out, OUTPUTS, io)
  try {
    if (folder.evaluation) cpSync(folder.evaluation, join(staged.folder, 'evaluation'), { recursive: true })
    await writeBundle(release, join(staged.folder, 'release'))
    await writeFile(join(staged.folder, 'report.json'), `${JSON.stringify(report, null, 2)}\n`)
    await writeFile(join(staged.folder, 'report.html'), modelCard(await readCard(staged.folder)))
    staged.commit()
  } finally {
    staged.discard()
  }
  const had = base.manifest.files.filter(({ role }) => base.blobs.has(role))
  const sizes = await updateSizes({ files: had }, release)
  return { report, release: release.hash, base: base.hash, days, appended, sizes }
}

/** The checks that depend on a clock were made where the base was trained. */
function withClock(evaluation: Evaluation, { gate }: TrainReport): Evaluation {
  const checks = evaluation.gate?.checks ?? []
  const timed = gate?.checks.filter(({ name }) => ['milliseconds', 'training'].includes(name)) ?? []
  return { ...evaluation, gate: gateOf([...checks, ...timed]) }
}

function evaluationNote(built: number, hash: string): string {
  const day = new Date(built).toISOString().slice(0, 10)
  return `A delta: generators and ranker are those of the base of ${day} (${hash.slice(0, 12)}), and so is the evaluation, which held both fixed on the days after its cut while popularity was renewed at every midnight, as this release does.`
}
