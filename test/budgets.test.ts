import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { brotliCompressSync } from 'node:zlib'
import { expect, test } from 'vitest'

const ROOT = resolve(import.meta.dirname, '..')
const SITE = join(ROOT, 'dist', 'site')
const budgets = JSON.parse(readFileSync(join(ROOT, 'web', 'budgets.json'), 'utf8')) as Record<string, number>
const wire = (file: string) => brotliCompressSync(readFileSync(join(SITE, file))).length
const built = (pattern: RegExp) =>
  readdirSync(join(SITE, 'assets'))
    .filter((name) => pattern.test(name))
    .map((name) => `assets/${name}`)

test('every budget is measured', () => {
  expect(Object.keys(budgets)).toEqual([
    'foryou.js',
    'bridge',
    'ranker',
    'ranking',
    'finishing',
    'update',
    'openOverlay',
    'openRules',
    'tfjs-wasm',
  ])
})

test('the site is built before its sizes are measured', () => {
  expect(existsSync(join(SITE, 'foryou.js'))).toBe(true)
})

test.each([
  ['foryou.js', () => ['foryou.js']],
  ['bridge', () => built(/^bridge-.*\.js$/)],
  ['ranker', () => built(/^ranker-.*\.js$/)],
  ['ranking', () => built(/^ranking-.*\.js$/)],
  ['finishing', () => built(/^finishing-.*\.js$/)],
  ['update', () => built(/^update-.*\.js$/)],
  ['openOverlay', () => built(/^openOverlay-.*\.js$/)],
  ['openRules', () => built(/^openRules-.*\.js$/)],
  ['tfjs-wasm', () => [...built(/^tfjs-wasm-.*\.js$/), ...built(/wasm-simd.*\.wasm$/)]],
] as const)('%s stays within its budget', (what, files) => {
  const bytes = files().reduce((sum, file) => sum + wire(file), 0)
  expect(bytes).toBeGreaterThan(500)
  expect(bytes).toBeLessThanOrEqual(budgets[what]!)
})
