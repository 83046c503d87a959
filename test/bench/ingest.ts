import { closeSync, mkdtempSync, openSync, rmSync, statSync, writeSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { loadDataset } from '../../models/ingest/loadDataset.ts'
import { seededRandom } from '../../models/random.ts'

const ROWS = [1_000_000, 3_000_000]
const RUNS = 3

/** From a plain CSV file (user, item, rating, timestamp; rows in no order) to a dataset: the best of three runs. */
export async function ingest() {
  const folder = mkdtempSync(join(tmpdir(), 'foryou-bench-'))
  try {
    const rows: string[][] = []
    for (const n of ROWS) {
      const file = join(folder, `${n}.csv`)
      writeLog(file, n)
      const seconds: number[] = []
      for (let run = 0; run < RUNS; run++) {
        const start = performance.now()
        const dataset = await loadDataset(file, { env: {}, root: folder, now: Date.now() })
        seconds.push((performance.now() - start) / 1000)
        if (dataset.ingest.rows !== n) throw new Error(`${dataset.ingest.rows} rows instead of ${n}`)
      }
      const best = Math.min(...seconds)
      rows.push([
        n.toLocaleString('en'),
        `${(statSync(file).size / 1e6).toFixed(0)} MB`,
        `${best.toFixed(2)} s`,
        `${Math.round(n / best / 1000).toLocaleString('en')},000`,
      ])
    }
    return {
      head: ['rows of CSV', 'file', 'file → dataset', 'rows a second'],
      rows,
      note: `The best of ${RUNS} runs, one thread. \`npm run bench -- ingest\``,
    }
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

function writeLog(file: string, n: number): void {
  const random = seededRandom(1)
  const out = openSync(file, 'w')
  writeSync(out, 'user_id,item_id,rating,timestamp\n')
  for (let done = 0; done < n; ) {
    const block = Array.from({ length: Math.min(50_000, n - done) }, () => {
      const user = Math.floor((random() * n) / 50)
      const item = Math.floor(random() * random() * 20_000)
      const rating = Math.floor(random() * 10) / 2 + 0.5
      return `${user},${item},${rating},${1_500_000_000 + Math.floor(random() * 1e8)}`
    })
    writeSync(out, `${block.join('\n')}\n`)
    done += block.length
  }
  closeSync(out)
}
