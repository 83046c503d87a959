import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { extname } from 'node:path'
import { brotliCompressSync } from 'node:zlib'
import { chromium } from 'playwright'
import { build, type Rolldown } from 'vite'
import { baseConfig, smallLibraries } from '../../vite.config.ts'
import { BROWSER_ARGS, findBrowser } from '../findBrowser.ts'

const TYPES: Readonly<Record<string, string>> = {
  '.html': 'text/html',
  '.js': 'text/javascript',
  '.wasm': 'application/wasm',
}

/** Isolated from other origins, so that the clock of the page and its worker has steps of 5 µs instead of 100. */
const ISOLATED = {
  'cross-origin-opener-policy': 'same-origin',
  'cross-origin-embedder-policy': 'require-corp',
  'cross-origin-resource-policy': 'same-origin',
}

export interface InBrowserOptions {
  /** Further files, name → bytes: the module fetches them as `./files/NAME` beside the page. */
  readonly files?: Readonly<Record<string, ArrayBufferView | ArrayBuffer>>
  /** Where it runs: a Web Worker unless said otherwise. */
  readonly where?: 'worker' | 'page'
  /** Modules that stand in for packages, by name. */
  readonly alias?: Readonly<Record<string, string>>
}

/**
 * Builds a module, runs its export `run` in headless Chromium, and brings the answer back.
 * @param root the project's folder
 * @param entry the module's path; it exports `run(input)`, whose input and answer are JSON
 * @throws where there is no Chromium, or what the module threw
 */
export async function inBrowser<T>(
  root: string,
  entry: string,
  input: unknown,
  { files = {}, where = 'worker', alias = {} }: InBrowserOptions = {},
): Promise<T> {
  const executablePath = await findBrowser()
  if (executablePath === null) throw new Error('No Chromium found: set CHROME_BIN or install chromium.')
  const served = await built(root, entry, alias)
  for (const [name, file] of Object.entries(files)) served.set(`/files/${name}`, bytesOf(file))
  const server = createServer(({ url = '/' }, response) => {
    const body = served.get(new URL(url, 'http://bench').pathname)
    const type = TYPES[extname(url)] ?? 'application/octet-stream'
    response.writeHead(body ? 200 : 404, { ...ISOLATED, 'content-type': type }).end(body)
  })
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done))
  const browser = await chromium.launch({ executablePath, chromiumSandbox: false, args: BROWSER_ARGS })
  try {
    const page = await browser.newPage()
    page.on('console', (message) => process.stderr.write(`${message.text()}\n`))
    await page.goto(`http://127.0.0.1:${(server.address() as AddressInfo).port}/${where}.html`)
    await page.waitForFunction('globalThis.answer')
    const { error, answer } = await page.evaluate<{ error?: string; answer: T }>(
      `globalThis.answer(${JSON.stringify(input)})`,
    )
    if (error !== undefined) throw new Error(error)
    return answer
  } finally {
    await browser.close()
    server.close()
  }
}

/** Brotli bytes of a module as it is built, everything that it brings included. */
export async function builtBytes(
  root: string,
  entry: string,
  alias: Readonly<Record<string, string>> = {},
): Promise<number> {
  const files = await outputOf(root, entry, alias)
  return files.reduce((sum, [, file]) => sum + brotliCompressSync(file).length, 0)
}

type Output = readonly (readonly [name: string, file: Uint8Array | string])[]

async function outputOf(
  root: string,
  entry: string,
  alias: Readonly<Record<string, string>>,
): Promise<Output> {
  const base = baseConfig(root, '')
  const result = await build({
    ...base,
    resolve: { alias: { ...smallLibraries(root), ...alias } },
    build: {
      ...base.build,
      write: false,
      rollupOptions: {
        input: { module: entry },
        preserveEntrySignatures: 'strict',
        output: { format: 'es', entryFileNames: 'module.js' },
      },
    },
  })
  const { output } = result as Rolldown.RolldownOutput
  return output.map((made) => [made.fileName, made.type === 'chunk' ? made.code : made.source])
}

/** The page, the worker and the built module with its assets, by path. */
async function built(
  root: string,
  entry: string,
  alias: Readonly<Record<string, string>>,
): Promise<Map<string, Uint8Array | string>> {
  const output = await outputOf(root, entry, alias)
  const served = new Map(output.map(([name, content]) => [`/${name}`, content]))
  const settle = `.then((answer) => ({ answer }), (error) => ({ error: String(error?.stack ?? error) }))`
  served.set('/worker.js', WORKER.replace('SETTLE', settle))
  served.set('/worker.html', `<!doctype html><script type="module" src="./viaWorker.js"></script>`)
  served.set('/viaWorker.js', VIA_WORKER)
  served.set('/page.html', `<!doctype html><script type="module" src="./inPage.js"></script>`)
  served.set(
    '/inPage.js',
    `globalThis.answer = (input) => import('./module.js').then(({ run }) => run(input))${settle}`,
  )
  return served
}

const WORKER = `onmessage = async ({ data }) =>
  postMessage(await import('./module.js').then(({ run }) => run(data))SETTLE)
postMessage('ready')`

const VIA_WORKER = `const worker = new Worker('./worker.js', { type: 'module' })
worker.onerror = (event) => console.error('worker: ' + event.message)
const next = () => new Promise((done) => { worker.onmessage = ({ data }) => done(data) })
const ready = next()
globalThis.answer = async (input) => { await ready; const answer = next(); worker.postMessage(input); return answer }`

function bytesOf(file: ArrayBufferView | ArrayBuffer): Uint8Array {
  return ArrayBuffer.isView(file)
    ? new Uint8Array(file.buffer, file.byteOffset, file.byteLength)
    : new Uint8Array(file)
}
