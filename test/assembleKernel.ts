import { readFileSync, writeFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { pathToFileURL } from 'node:url'
import wabt from 'wabt'

const folder = resolve(import.meta.dirname, '../shared/rank/kernel')
export const BINARY_FILE = join(folder, 'scanBinary.ts')

/** The text of `scanBinary.ts`: the kernel's WebAssembly, assembled from `scan.wat`. */
export async function assembleKernel(): Promise<string> {
  const { parseWat } = await wabt()
  const module = parseWat('scan.wat', readFileSync(join(folder, 'scan.wat'), 'utf8'), { simd: true })
  module.validate()
  const base64 = Buffer.from(module.toBinary({}).buffer).toString('base64')
  module.destroy()
  return `// Assembled from scan.wat by \`npm run kernel\`.\nexport const SCAN_BINARY =\n  '${base64}'\n`
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href)
  writeFileSync(BINARY_FILE, await assembleKernel())
