import { availableParallelism } from 'node:os'
import { join } from 'node:path'
import type { Dataset } from '../../models/dataset.ts'
import { ratioInterval, wider } from '../../models/evaluate/bootstrap.ts'
import { fingerprint } from '../../models/ingest/fingerprint.ts'
import { loadDataset } from '../../models/ingest/loadDataset.ts'
import { seededRandom } from '../../models/random.ts'
import { codeVersion } from '../../models/runs/codeVersion.ts'
import { defaultSettings, type Settings } from '../../models/settings.ts'
import { automatic, baseSettings } from '../../models/tune/baseSettings.ts'
import { openJournal } from '../../models/tune/journal.ts'
import { type FullMeasurement, measureSettings } from '../../models/tune/measureSettings.ts'
import { testProblem } from '../../models/tune/problem.ts'
import { tuneSettings } from '../../models/tune/tuneSettings.ts'

const TRIALS = 18
const root = join(import.meta.dirname, '..', '..')

/** What a search adds to what training does by itself, on the evaluation that the search never saw. Resumable. */
export async function tune() {
  const rows = []
  for (const name of ['movietweetings', 'beauty']) {
    const dataset = await loadDataset(name, { env: process.env, root, now: Date.now() })
    rows.push(...(await compare(dataset)))
  }
  return {
    head: ['data', 'settings', 'NDCG@10 of the evaluation', 'kB', 'gain over the base, 95 %'],
    rows,
    note: `${TRIALS} trials on validation each; kB: the bundle over the wire without item details. \`npm run bench -- tune\``,
  }
}

async function compare(dataset: Dataset): Promise<string[][]> {
  const progress = (step: string) => console.error(`  ${dataset.name}: ${step}`)
  const given = defaultSettings(dataset.order)
  const base = await baseSettings(dataset, {}, progress)
  const key = JSON.stringify([await fingerprint(dataset), base, TRIALS, codeVersion(root).sources])
  const journal = openJournal(join(root, '.cache', 'tune', `bench-${dataset.name}.jsonl`), key)
  const threads = Number(process.env.TUNE_THREADS ?? availableParallelism())
  const { chosen, best } = await tuneSettings(dataset, {
    base,
    trials: TRIALS,
    budgets: {},
    journal,
    progress,
    threads,
  })
  const problem = testProblem(dataset, given)
  const untuned = await measureSettings(problem, await automatic(problem, given, {}, progress))
  const rows = [row(dataset.name, 'base: what training uses by itself', untuned)]
  for (const [label, trial] of [
    ['chosen: smallest within one standard error', chosen],
    ['best on validation', best],
  ] as const) {
    if (!trial || (label.startsWith('best') && trial === chosen)) continue
    const settings: Settings =
      trial.number === 0 ? await automatic(problem, given, {}, progress) : trial.settings
    const tuned = await measureSettings(problem, settings)
    rows.push([...row('', `${label} (trial ${trial.number})`, tuned).slice(0, 4), gain(tuned, untuned)])
  }
  return rows
}

function row(name: string, label: string, { ndcg, error, bytes }: FullMeasurement): string[] {
  return [name, label, `${ndcg.toFixed(4)} ± ${error.toFixed(4)}`, (bytes / 1000).toFixed(0), '']
}

/** Paired, the wider of users and days, as everywhere. */
function gain(a: FullMeasurement, b: FullMeasurement): string {
  const difference = a.values.map((x, q) => x - b.values[q]!)
  const byUser = ratioInterval(difference, b.values, a.userOf, seededRandom(1))
  const days = new Set(a.dayOf).size
  const { mean, low, high } =
    days >= 5 ? wider(byUser, ratioInterval(difference, b.values, a.dayOf, seededRandom(1))) : byUser
  const percent = (x: number) => `${x < 0 ? '−' : '+'}${Math.abs(100 * x).toFixed(1)} %`
  return `${percent(mean)} [${percent(low)}, ${percent(high)}]`
}
