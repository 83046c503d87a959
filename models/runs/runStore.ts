import { mkdirSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { ForYouError } from '../../shared/domain/errors.ts'
import { writeWhole } from '../writeWhole.ts'
import { parseRun, type RunRecord } from './runRecord.ts'

export interface StoredRuns {
  /** Newest first. */
  readonly runs: readonly RunRecord[]
  /** Files that are no run, with the reason. */
  readonly unreadable: readonly string[]
}

/** Writes `FOLDER/<id>.json`, whole or not at all. */
export function storeRun(folder: string, run: RunRecord): string {
  mkdirSync(folder, { recursive: true })
  const path = join(folder, `${run.id}.json`)
  writeWhole(path, `${JSON.stringify(run, null, 2)}\n`)
  return path
}

/** Every run of a folder; none where it does not exist. */
export function readRuns(folder: string): StoredRuns {
  const runs: RunRecord[] = []
  const unreadable: string[] = []
  let names: string[] = []
  try {
    names = readdirSync(folder).filter((name) => name.endsWith('.json') && !name.startsWith('.'))
  } catch {}
  for (const name of names.sort().reverse()) {
    try {
      runs.push(parseRun(readFileSync(join(folder, name), 'utf8')))
    } catch (error) {
      unreadable.push(`${name}: ${error instanceof Error ? error.message : error}`)
    }
  }
  return { runs, unreadable }
}

/**
 * The run whose id is, begins with, or ends in what is given; `latest` is the newest.
 * @throws ForYouError `not_found`, also where several runs fit
 */
export function findRun({ runs }: StoredRuns, wanted: string, folder: string): RunRecord {
  if (wanted === 'latest' && runs[0]) return runs[0]
  const fitting = runs.filter(({ id }) => id === wanted || id.startsWith(wanted) || id.endsWith(`-${wanted}`))
  if (fitting.length === 1) return fitting[0]!
  if (fitting.length > 1) {
    throw new ForYouError('not_found', `"${wanted}" fits ${fitting.length} runs.`, {
      hint: `Say which: ${fitting
        .slice(0, 5)
        .map(({ id }) => id)
        .join(', ')}${fitting.length > 5 ? ' …' : ''}`,
    })
  }
  throw new ForYouError('not_found', `There is no run "${wanted}" in ${folder}.`, {
    hint:
      runs.length > 0
        ? 'foryou runs lists them.'
        : 'Nothing is recorded there yet: foryou train records each run.',
  })
}
