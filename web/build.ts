import { createHash } from 'node:crypto'
import { existsSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { basename, join, resolve } from 'node:path'
import { pathToFileURL } from 'node:url'
import { parseArgs } from 'node:util'
import { brotliCompressSync } from 'node:zlib'
import { build, type Rolldown } from 'vite'
import { EMBED_FILE, type Embed, readEmbed } from '../models/publish/embed.ts'
import { readPins } from '../models/publish/keys.ts'
import { API_FILE, openApi } from '../models/publish/openApi.ts'
import type { Pins } from '../shared/bundle/envelope.ts'
import { ForYouError } from '../shared/domain/errors.ts'
import { COMPUTED } from '../shared/features/features.ts'
import { scriptConfig, siteConfig } from '../vite.config.ts'
import { integrityOf, PARTS_PLACEHOLDER, pinned, pinParts } from './pinParts.ts'

/** Parts of the ranker that every visit needs: the loader fetches them beside it, so that they cost no further round trip. */
const AHEAD = ['ranking', 'update']
/** Modules that several of its parts need and the ranker itself does not. */
const SHARED_BY_PARTS = [
  'shared/bundle/concat.ts',
  'shared/bundle/detailsFile.ts',
  'shared/bundle/popularityFile.ts',
]

export interface BuildOptions {
  /** The project's folder. */
  readonly root: string
  /** Where the site goes; what is there stays until the new one is whole. */
  readonly outDir: string
  /** Who may sign; read from `foryou.keys.json` if it is left out. */
  readonly pins?: Pins
}

/** What a visitor loads, Brotli bytes over the wire, and what it may be. */
export interface SizeRow {
  readonly what: string
  readonly bytes: number
  readonly budget: number | null
}

/**
 * Builds everything a browser loads. Each step pins what the one before has made: the tfjs chunks pin their WebAssembly, the
 * ranker pins them and its own parts, the loader pins the ranker and the keys.
 * @throws ForYouError `bad_config` where `foryou keys` has not run
 */
export async function buildSite({ outDir, ...options }: BuildOptions): Promise<readonly SizeRow[]> {
  // Beside it, then in its place: whoever serves the folder meanwhile goes on with whole files.
  const beside = `${outDir}.building-${process.pid}`
  const rows = await buildInto({ ...options, outDir: beside })
  rmSync(`${outDir}.before`, { recursive: true, force: true })
  if (existsSync(outDir)) renameSync(outDir, `${outDir}.before`)
  renameSync(beside, outDir)
  rmSync(`${outDir}.before`, { recursive: true, force: true })
  return rows
}

async function buildInto({ root, outDir, pins = readPins(root) }: BuildOptions): Promise<readonly SizeRow[]> {
  rmSync(outDir, { recursive: true, force: true })
  const script = async (name: string, file: string, input: string, define: Record<string, unknown>) => {
    const kept = SHARED_BY_PARTS.map((path) => join(root, path))
    const entry = { name, file, input: join(root, input), kept, define: json(define) }
    const chunks = chunksOf(await build(scriptConfig(root, outDir, entry)))
    const built = chunks.find(({ isEntry }) => isEntry)
    if (!built) throw new ForYouError('internal', 'The build has made no entry.')
    return { file: built.fileName, parts: pinParts(outDir, built.fileName, chunks) }
  }
  const wasmFile = (name: string) =>
    readFileSync(join(root, 'node_modules/@tensorflow/tfjs-backend-wasm/dist', name))
  const wasm = {
    plain: integrityOf(wasmFile('tfjs-backend-wasm.wasm')),
    simd: integrityOf(wasmFile('tfjs-backend-wasm-simd.wasm')),
  }
  const hashed = (name: string) => `assets/${name}-[hash].js`
  const [tfjsWasm, tfjsCpu] = await Promise.all([
    script('tfjs-wasm', hashed('tfjs-wasm'), 'web/ranker/tfjsWasm.ts', { __FORYOU_WASM__: wasm }),
    script('tfjs-cpu', hashed('tfjs-cpu'), 'web/ranker/tfjsCpu.ts', {}),
  ])
  const networks = { wasm: pinned(outDir, tfjsWasm.file, true), cpu: pinned(outDir, tfjsCpu.file, true) }
  const ranker = await script('ranker', hashed('ranker'), 'web/ranker/thread.ts', {
    __FORYOU_TFJS__: networks,
    __FORYOU_PARTS__: PARTS_PLACEHOLDER,
  })
  const { parts } = ranker
  const bridge = await script('bridge', hashed('bridge'), 'web/client/bridge.ts', {})
  await script('foryou', 'foryou.js', 'web/index.ts', {
    __FORYOU__: {
      pins,
      scripts: [
        pinned(outDir, bridge.file),
        pinned(outDir, ranker.file),
        ...AHEAD.map((name) => ({ file: parts[name] })),
      ],
    },
  })
  writeFileSync(join(outDir, API_FILE), `${JSON.stringify(openApi(), null, 2)}\n`)
  const scripts = { bridge: bridge.file, ranker: ranker.file, ...parts }
  writeEmbed(outDir, [...Object.values(scripts), tfjsWasm.file, tfjsCpu.file, ...wasmFiles(outDir)])
  const pages = sitePages(root)
  if (Object.keys(pages).length > 0) await build(siteConfig(root, outDir, pages))
  return sizes(root, outDir, scripts, tfjsWasm.file)
}

const wasmFiles = (outDir: string) =>
  readdirSync(join(outDir, 'assets'))
    .filter((name) => name.endsWith('.wasm'))
    .map((name) => `assets/${name}`)

/**
 * The loader once more, under a name of its own content: pages that name it with its hash run these bytes or none. What
 * belongs to it is listed beside it, so that an edge can keep it when a newer one takes its place.
 */
function writeEmbed(outDir: string, parts: readonly string[]): void {
  const bytes = readFileSync(join(outDir, 'foryou.js'))
  const loader = `foryou-${createHash('sha256').update(bytes).digest('hex').slice(0, 12)}.js`
  writeFileSync(join(outDir, loader), bytes)
  const files = [loader, ...parts].sort().map((path) => {
    const content = readFileSync(join(outDir, path))
    return { path, bytes: content.length, sha256: createHash('sha256').update(content).digest('hex') }
  })
  const embed: Embed = { loader, integrity: integrityOf(bytes), features: [...COMPUTED.keys()], files }
  writeFileSync(join(outDir, EMBED_FILE), `${JSON.stringify(embed, null, 2)}\n`)
}

function sizes(
  root: string,
  outDir: string,
  scripts: Readonly<Record<string, string>>,
  tfjsWasm: string,
): SizeRow[] {
  const budgets: Record<string, number> = JSON.parse(readFileSync(join(root, 'web/budgets.json'), 'utf8'))
  const simd = readdirSync(join(outDir, 'assets')).find((name) => /wasm-simd.*\.wasm$/.test(name)) ?? ''
  const loaded: Record<string, readonly string[]> = {
    'foryou.js': ['foryou.js'],
    ...Object.fromEntries(Object.entries(scripts).map(([name, file]) => [name, [file]])),
    'tfjs-wasm': [tfjsWasm, `assets/${simd}`],
  }
  return Object.entries(loaded).map(([what, files]) => ({
    what,
    bytes: files.reduce((sum, file) => sum + brotliCompressSync(readFileSync(join(outDir, file))).length, 0),
    budget: budgets[what] ?? null,
  }))
}

function sitePages(root: string): Record<string, string> {
  const folder = join(root, 'web/demo')
  if (!existsSync(folder)) return {}
  const pages = readdirSync(folder).filter((name) => name.endsWith('.html'))
  return Object.fromEntries(pages.map((name) => [basename(name, '.html'), join(folder, name)]))
}

function chunksOf(result: Awaited<ReturnType<typeof build>>): Rolldown.OutputChunk[] {
  const outputs = (Array.isArray(result) ? result : [result]) as Rolldown.RolldownOutput[]
  return outputs.flatMap(({ output }) => output.filter((file) => file.type === 'chunk'))
}

function json(define: Record<string, unknown>): Record<string, string> {
  return Object.fromEntries(Object.entries(define).map(([name, value]) => [name, JSON.stringify(value)]))
}

/** `--keys DIR`: the folder below which other pins lie than the project's; `--out DIR`: where the site goes. */
async function main(): Promise<void> {
  const root = resolve(import.meta.dirname, '..')
  try {
    const { values } = parseArgs({ options: { keys: { type: 'string' }, out: { type: 'string' } } })
    const pins = readPins(resolve(values.keys ?? root))
    const outDir = resolve(values.out ?? join(root, 'dist/site'))
    const rows = await buildSite({ root, outDir, pins })
    for (const { what, bytes, budget } of rows) {
      const limit = budget === null ? '' : ` of ${budget} allowed`
      console.log(`${what.padEnd(12)} ${String(bytes).padStart(7)} B Brotli${limit}`)
    }
    const { loader, integrity } = readEmbed(outDir)!
    console.log(
      `\nThis very version, for pages that pin it:\n  <script type="module" crossorigin src="https://EDGE/${loader}"`,
    )
    console.log(`    integrity="${integrity}"></script>`)
    if (rows.some(({ bytes, budget }) => budget !== null && bytes > budget)) process.exitCode = 1
  } catch (error) {
    if (!(error instanceof ForYouError)) throw error
    console.error(`${error.message}${error.hint ? ` ${error.hint}` : ''}`)
    process.exitCode = 1
  }
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) await main()
