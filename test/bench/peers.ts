import { execFileSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { builtBytes, inBrowser } from './inBrowser.ts'
import type { CompareAnswer, CompareInput } from './peersAnswer.ts'
import type { BenchPlaces, BenchTable } from './rank.ts'
import { realTables } from './realTables.ts'

const K = 20
const QUERIES = 32
/** What client-vector-search would load to embed texts; here the vectors are there. */
const ALIAS = { '@xenova/transformers': join(import.meta.dirname, 'peers/nothing.ts') }
/** File beside the peers → the name that it gives itself begins so. */
const FILES = {
  hnswlib: 'hnswlib-wasm',
  orama: 'orama',
  voy: 'voy',
  clientVectorSearch: 'client-vector-search',
} as const

/** Other libraries that search vectors in a browser, beside the scan of the product, on the trained table of real data. */
export async function peers(places: BenchPlaces): Promise<BenchTable> {
  install()
  const { root } = places
  const real = (await realTables(places)).at(-1)!
  const { count, dims, rows } = real.table
  const queries = Array.from(real.histories.keys())
    .flatMap((visitor) => {
      const query = real.query(visitor)
      return query ? [Array.from(query)] : []
    })
    .slice(0, QUERIES)
  const input: CompareInput = { count, dims, k: K, queries }
  const files = { 'rows.bin': rows.slice() }
  const answer = await inBrowser<CompareAnswer>(root, file('compare'), input, {
    files,
    where: 'page',
    alias: ALIAS,
  })
  const bytes = new Map<string, number>()
  for (const [name, starts] of Object.entries(FILES))
    bytes.set(starts, await builtBytes(root, file(name), ALIAS))
  const own = answer[0]!
  return {
    head: [
      'search',
      'scripts, Brotli',
      'build',
      'memory',
      'a query, median (best)',
      'beside foryou',
      `recall@${K}`,
    ],
    rows: answer.map(({ name, buildMs, bytes: held, median, best, recall }, n) => {
      const scripts = [...bytes].find(([starts]) => name.startsWith(starts))?.[1]
      return [
        n === 0 ? `**${name}**` : name,
        scripts === undefined ? '' : `${(scripts / 1000).toFixed(0)} kB`,
        buildMs < 1000 ? `${buildMs.toFixed(0)} ms` : `${(buildMs / 1000).toFixed(1)} s`,
        `${(held / 1e6).toFixed(1)} MB`,
        `${ms(median)} (${ms(best)}) ms`,
        n === 0 ? '' : `×${(median / own.median).toPrecision(2)}`,
        recall.toFixed(3),
      ]
    }),
    note: `${real.name}, ${queries.length} visitors folded in; recall against the exact inner product. Headless Chromium, in turns; memory is what is held besides the vectors once the garbage is gone, WebAssembly's included. The kernel of foryou is part of the ranker. \`npm run bench -- peers\``,
  }
}

const file = (name: string) => join(import.meta.dirname, 'peers', `${name}.ts`)
const ms = (x: number) => (x < 0.1 ? x.toFixed(3) : x.toPrecision(3))

/** Once: the product has none of them. */
function install(): void {
  const folder = join(import.meta.dirname, 'peers')
  if (existsSync(join(folder, 'node_modules'))) return
  process.stderr.write('Installing the libraries that are compared with (250 MB) …\n')
  try {
    execFileSync('npm', ['ci', '--ignore-scripts'], { cwd: folder, stdio: ['ignore', 'ignore', 'inherit'] })
  } catch (cause) {
    throw new Error(`The libraries could not be installed into ${folder}: is the registry in reach?`, {
      cause,
    })
  }
}
