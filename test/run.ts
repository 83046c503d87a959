// `npm test`: checks, build and every test project, then one closing line. `npm run test:long` runs what takes minutes.
import { spawnSync } from 'node:child_process'
import { existsSync, mkdirSync, readFileSync, rmSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { noteBuilt } from '../models/cli/builtSite.ts'
import { ensureKeys } from '../models/publish/keys.ts'

const root = resolve(import.meta.dirname, '..')
const long = process.argv.includes('--long')
const began = performance.now()
let failed = 0
let passed = 0
let skipped = 0

/** Runs one step; a failure is counted, and the others still run. */
function step(name: string, script: string, args: readonly string[]): boolean {
  const started = performance.now()
  const { status } = spawnSync(process.execPath, [join(root, script), ...args], {
    cwd: root,
    stdio: 'inherit',
  })
  console.log(`${status === 0 ? '✓' : '✗'} ${name} (${((performance.now() - started) / 1000).toFixed(1)} s)`)
  return status === 0
}

function count(ok: boolean): void {
  if (ok) passed++
  else failed++
}

/** Runs vitest projects and adds their numbers; a run that left no report counts as one failure. */
function vitest(projects: readonly string[]): void {
  const report = join(root, '.cache', 'vitest.json')
  mkdirSync(join(root, '.cache'), { recursive: true })
  rmSync(report, { force: true })
  const ok = step(`tests: ${projects.join(', ')}`, 'node_modules/vitest/vitest.mjs', [
    'run',
    ...projects.flatMap((project) => ['--project', project]),
    '--reporter=default',
    '--reporter=json',
    `--outputFile.json=${report}`,
  ])
  if (!existsSync(report)) {
    count(false)
    return
  }
  const { numPassedTests, numFailedTests, numPendingTests } = JSON.parse(readFileSync(report, 'utf8')) as {
    numPassedTests: number
    numFailedTests: number
    numPendingTests: number
  }
  passed += numPassedTests
  failed += numFailedTests
  skipped += numPendingTests
  if (!ok && numFailedTests === 0) failed++
  if (numPassedTests + numFailedTests === 0) failed++
}

/** Noted as done, so that no test builds the site anew under those that are served from it. */
function build(): void {
  const ok = step('build', 'web/build.ts', [])
  if (ok) noteBuilt(root, root)
  count(ok)
}

await ensureKeys(root)
if (long) {
  build()
  vitest(['long'])
  // The whole list takes a quarter of an hour: npm run mutations.
  count(step('mutations', 'test/mutations/run.ts', ['--sample', '60']))
} else {
  count(
    step('format and lint', 'node_modules/@biomejs/biome/bin/biome', ['check', '--error-on-warnings', '.']),
  )
  count(step('types', 'node_modules/typescript/bin/tsc', ['-b']))
  build()
  vitest(['node', 'workerd', 'browser', 'e2e'])
}
console.log(`\nin ${((performance.now() - began) / 1000).toFixed(0)} s`)
console.log(`${passed} passed, ${failed} failed${skipped > 0 ? `, ${skipped} skipped` : ''}`)
process.exitCode = failed > 0 ? 1 : 0
