import { spawnSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import { availableParallelism, cpus } from 'node:os'
import { join } from 'node:path'
import { ingest } from './ingest.ts'

/** What the budget of a row is, in the words of its cell. */
interface Job {
  readonly what: string
  readonly args: readonly string[]
  readonly budget: string
}

/**
 * Time and memory of training, each in a process of its own so that the peak is its own. The settings' search and the fit
 * count; reading the file does not, and stands in a row of its own.
 */
export async function lab(data: string) {
  const gowalla = join(data, 'gowalla', 'train.txt')
  const jobs: Job[] = [
    { what: 'generated log, 1M × 10k', args: ['generated', '1000000', '10000'], budget: '≤ 15 s' },
    { what: 'generated log, 2M × 10k', args: ['generated', '2000000', '10000'], budget: '' },
    { what: 'generated log, 1M × 20k', args: ['generated', '1000000', '20000'], budget: '' },
  ]
  if (existsSync(gowalla)) {
    const budget = '≤ 60 s with the search, ≤ 2 GB'
    jobs.unshift({ what: 'Gowalla, 810k × 41k', args: ['lists', gowalla], budget })
  }
  const rows = jobs.map(({ what, args, budget }) => {
    const { search, fit, cpu, peak } = measure(args)
    const seconds = (s: number | null) => (s === null ? '' : `${s.toFixed(1)} s`)
    return [what, seconds(search), seconds(fit), seconds(cpu), `${(peak / 1e9).toFixed(2)} GB`, budget]
  })
  const csv = await ingest()
  for (const [log, , time, rate] of csv.rows)
    rows.push([`CSV, ${log} rows`, '', time!, '', '', `${rate} rows a second`])
  return {
    head: ['work', 'choice of settings', 'training', 'of processors', 'peak memory', 'budget, rate'],
    rows,
    note: `Table + neighbours, ${availableParallelism()} threads on ${cpus()[0]?.model.trim() ?? 'this machine'}. \`npm run bench -- lab\``,
  }
}

function measure(args: readonly string[]): { search: number | null; fit: number; cpu: number; peak: number } {
  const child = spawnSync(process.execPath, [join(import.meta.dirname, 'labJob.ts'), ...args], {
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  if (child.status !== 0) throw new Error(`the job "${args.join(' ')}" ended with ${child.status}`)
  return JSON.parse(child.stdout)
}
