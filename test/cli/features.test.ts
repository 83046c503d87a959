import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DuckDBInstance } from '@duckdb/node-api'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { featuresText } from '../../models/cli/featuresText.ts'
import { featureSway } from '../../models/evaluate/featureSway.ts'
import { SIGHTS } from '../../shared/features/feature.ts'
import { FEATURE_IDS, FEATURES } from '../../shared/features/features.ts'
import { runForYou } from '../models/runForYou.ts'
import { bundleOf, checkerboard } from '../worlds.ts'

let cwd: string
beforeAll(() => {
  cwd = mkdtempSync(join(tmpdir(), 'foryou-features-'))
})
afterAll(() => rmSync(cwd, { recursive: true }))

const run = (...argv: string[]) => runForYou(cwd, argv)

describe('foryou features', () => {
  test('lists every feature with its version, and fits a terminal', async () => {
    const { code, out } = await run('features')
    expect(code).toBe(0)
    expect(out).toContain(featuresText())
    for (const id of FEATURE_IDS) expect(out).toContain(`  ${id} `)
    expect(Math.max(...out.split('\n').map((line) => line.length))).toBeLessThanOrEqual(100)
  })

  test('--json holds the declarations', async () => {
    const { features, sights, featureSchema } = JSON.parse((await run('features', '--json')).out)
    expect(sights).toEqual(SIGHTS)
    expect(featureSchema).toMatch(/^[0-9a-f]{64}$/)
    expect(features).toEqual(JSON.parse(JSON.stringify(FEATURES)))
  })

  test('--out writes Parquet that DuckDB reads, without user ids unless they are asked for', async () => {
    const few = ['features', '--data', join(cwd, 'log.csv'), '--out', 'rows.parquet', '--seed', '2']
    writeFileSync(join(cwd, 'log.csv'), log())
    const { code, out } = await run(...few, '--json')
    expect(code).toBe(0)
    const { rows, slates, hits } = JSON.parse(out)
    const connection = await (await DuckDBInstance.create(':memory:')).connect()
    const [[count, chosen]] = (
      await connection.runAndReadAll(
        `select count(*)::int, sum(chosen::int)::int from read_parquet('${join(cwd, 'rows.parquet')}')`,
      )
    ).getRows() as [[number, number]]
    const columns = await connection.runAndReadAll(
      `describe select * from read_parquet('${join(cwd, 'rows.parquet')}')`,
    )
    connection.closeSync()
    expect([count, chosen]).toEqual([rows, hits])
    expect(hits).toBeLessThanOrEqual(slates)
    expect(slates).toBeGreaterThan(20)
    expect(columns.getColumns()[0]).not.toContain('user')
    expect(readFileSync(join(cwd, 'rows.parquet')).includes('visitor-7')).toBe(false)
  })

  test.each([
    ['no file', ['--data', 'synthetic'], /--out is missing/],
    [
      'an unknown end',
      ['--data', 'synthetic', '--out', 'x', '--until', 'yesterday'],
      /evaluation or release/,
    ],
    ['no folder', ['--data', 'synthetic', '--out', 'nowhere/x'], /there is no folder/],
  ])('%s is bad usage', async (_, argv, message) => {
    const { code, err } = await run('features', ...argv)
    expect(code).toBe(2)
    expect(err).toMatch(message)
  })

  test('a bundle without a ranker has nothing to tell', async () => {
    const { manifest } = await bundleOf(checkerboard())
    expect(manifest.files.map(({ role }) => role)).not.toContain('ranker')
    expect(featureSway(await bundleOf(checkerboard()))).toBeNull()
  })
})

describe('sway', () => {
  test('is that of the features the network reads, in its proportions', async () => {
    const bundle = await bundleOf(checkerboard(60, 40))
    const width = FEATURES.length
    const reads = FEATURES.findIndex(({ name }) => name === 'count')
    const w1 = new Float32Array(width)
    w1[reads] = 0.01
    const flat = (x: number) => new Float32Array(width).fill(x)
    const ranker = {
      features: FEATURE_IDS,
      low: flat(-1e6),
      high: flat(1e6),
      mean: flat(0),
      spread: flat(1),
      quantiles: {
        collaborative: flat(1),
        transitions: flat(1),
        content: flat(1),
        'personal-popularity': flat(1),
      },
      network: { inputs: width, hidden: 1, w1, b1: flat(0).slice(0, 1), w2: Float32Array.of(1), b2: 0 },
    }
    const sway = featureSway({ ...bundle, ranker })!
    expect(sway.filter((x) => x > 0)).toHaveLength(1)
    // Exchanged at random, the difference of two draws has √2 of their deviation.
    expect(sway[reads]).toBeGreaterThan(1.1)
    expect(sway[reads]).toBeLessThan(1.7)
  })
})

/** Visitors of two kinds over forty days. */
function log(): string {
  const lines = ['user,item,timestamp']
  for (let u = 0; u < 60; u++) {
    for (let h = 0; h < 12; h++) {
      const item = ((u * 5 + h * 7) % 15) * 2 + (u % 2)
      lines.push(`visitor-${u},i${item},${1_790_000_000 + ((u * 11 + h * 29) % 400) * 8640}`)
    }
  }
  return lines.join('\n')
}

describe('docs/features.md', () => {
  const page = readFileSync(join(import.meta.dirname, '../../docs/features.md'), 'utf8')

  test('has a row for every feature, as it is declared', () => {
    const rows = FEATURES.map(({ name, version, type, default: value, unit, source, sees }) => {
      const shown = type === 'log' ? Math.expm1(value) : value
      return `| \`${name}@${version}\` | ${type} | ${Number(shown.toFixed(3))} | ${unit} | ${source} | ${sees.join(', ')} |`
    })
    expect(page.match(/^\| `[a-z].*@.*\|$/gm) ?? []).toEqual(rows)
  })

  test('says what each sight is', () => {
    const rows = Object.entries(SIGHTS).map(([sight, text]) => `| \`${sight}\` | ${text} |`)
    expect(page.match(/^\| `(catalogue|popularity|generators|history|now)`.*$/gm) ?? []).toEqual(rows)
  })
})
