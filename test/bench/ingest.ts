import { closeSync, mkdtempSync, openSync, rmSync, statSync, writeSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { loadDataset } from '../../models/ingest/loadDataset.ts'
import { seededRandom } from '../../models/random.ts'

type Style = 'plain' | 'quoted, ISO dates'
const LOGS: readonly (readonly [rows: number, style: Style])[] = [
  [1_000_000, 'plain'],
  [3_000_000, 'plain'],
  [1_000_000, 'quoted, ISO dates'],
]
const RUNS = 3

/** From a CSV file (user, item, rating, timestamp; rows in no order) to a dataset: the best of three runs. */
export async function ingest() {
  const folder = mkdtempSync(join(tmpdir(), 'foryou-bench-'))
  try {
    const rows: string[][] = []
    for (const [n, style] of LOGS) {
      const file = join(folder, 'log.csv')
      writeLog(file, n, style)
      const seconds: number[] = []
      const cpuSeconds: number[] = []
      for (let run = 0; run < RUNS; run++) {
        const start = performance.now()
        const cpu = process.cpuUsage()
        const dataset = await loadDataset(file, { env: {}, root: folder, now: Date.now() })
        seconds.push((performance.now() - start) / 1000)
        const { user, system } = process.cpuUsage(cpu)
        cpuSeconds.push((user + system) / 1e6)
        if (dataset.ingest.rows !== n) throw new Error(`${dataset.ingest.rows} rows instead of ${n}`)
      }
      const best = Math.min(...seconds)
      rows.push([
        `${n.toLocaleString('en')} ${style}`,
        `${(statSync(file).size / 1e6).toFixed(0)} MB`,
        `${best.toFixed(2)} s`,
        thousands(n / best),
        thousands(n / Math.min(...cpuSeconds)),
      ])
    }
    return {
      head: ['rows of CSV', 'file', 'file → dataset', 'rows a second', 'rows a CPU second'],
      rows,
      note: `The best of ${RUNS} runs, one thread; on a busy machine the CPU second counts. \`npm run bench -- ingest\``,
    }
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

function thousands(rate: number): string {
  return `${Math.round(rate / 1000).toLocaleString('en')},000`
}

function writeLog(file: string, n: number, style: Style): void {
  const random = seededRandom(1)
  const out = openSync(file, 'w')
  writeSync(out, 'user_id,item_id,rating,timestamp\n')
  for (let done = 0; done < n; ) {
    const block = Array.from({ length: Math.min(50_000, n - done) }, () => {
      const user = Math.floor((random() * n) / 50)
      const item = Math.floor(random() * random() * 20_000)
      const rating = Math.floor(random() * 10) / 2 + 0.5
      const at = 1_500_000_000 + Math.floor(random() * 1e8)
      if (style === 'plain') return `${user},${item},${rating},${at}`
      return `"${user}","${item}","${rating}","${new Date(at * 1000).toISOString().slice(0, 19)}"`
    })
    writeSync(out, `${block.join('\n')}\n`)
    done += block.length
  }
  closeSync(out)
}
