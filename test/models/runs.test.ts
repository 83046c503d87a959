import { mkdtempSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { beforeAll, describe, expect, test } from 'vitest'
import { compareRuns } from '../../models/runs/compareRuns.ts'
import { type RunRecord, withId } from '../../models/runs/runRecord.ts'
import { readRuns } from '../../models/runs/runStore.ts'
import { runForYou } from './runForYou.ts'

const cwd = mkdtempSync(join(tmpdir(), 'foryou-runs-'))
const folder = join(cwd, '.foryou', 'runs')

const run = (...argv: string[]) => runForYou(cwd, argv)

/** A tiny site: 60 users, 30 items, 40 days. */
function writeLog(path: string, users = 60): void {
  const lines = ['user_id,item_id,rating,timestamp']
  for (let u = 0; u < users; u++)
    for (let n = 0; n < 9; n++) {
      const item = (u % 3) * 10 + ((u * 7 + n * n) % 10)
      const at = Date.UTC(2024, 0, 1) / 1000 + ((u * 13 + n * 29) % 40) * 86_400 + n * 60
      lines.push(`u${u},i${item},${1 + ((u + n) % 5)},${at}`)
    }
  writeFileSync(path, `${lines.join('\n')}\n`)
}

let first: RunRecord
beforeAll(async () => {
  writeLog(join(cwd, 'log.csv'))
  writeFileSync(join(cwd, 'small.json'), JSON.stringify({ runs: folder, settings: { dims: 4 } }))
  const { code, err } = await run('train', '--data', 'log.csv', '--out', 'a')
  expect(err).not.toContain('defect')
  expect(code).toBe(0)
  first = readRuns(folder).runs[0]!
}, 20_000)

describe('a training run', () => {
  test('is recorded with everything that it takes to repeat it', () => {
    expect(first.kind).toBe('train')
    expect(first.settings).toMatchObject({ seed: 1, dims: 64, neighbours: { length: 50 } })
    expect(first.data).toMatchObject({
      name: 'log',
      users: 60,
      interactions: 540,
      source: { argument: join(cwd, 'log.csv') },
    })
    expect(first.data.fingerprint).toMatch(/^[0-9a-f]{64}$/)
    expect(first.code.sources).toMatch(/^[0-9a-f]{64}$/)
    expect(first.environment).toMatchObject({ node: process.version })
    expect(first.metrics.popularity!['ndcg@10']).toBeGreaterThan(0)
    expect(first.verdict).toBe('not-measurable')
  })

  test('names the hash of every file that it wrote', () => {
    for (const bundle of ['evaluation', 'release']) {
      const written = readdirSync(join(cwd, 'a', bundle, 'b')).sort()
      const recorded = Object.entries(first.artefacts).filter(
        ([name]) => name.startsWith(`${bundle}/`) && !name.endsWith('/manifest'),
      )
      expect([...new Set(recorded.map(([, hash]) => hash))].sort()).toEqual(written)
    }
  })

  test('made again gives the same bytes, and says so', async () => {
    const { code, out } = await run('runs', 'rerun', first.id)
    expect(out).toContain('The same bytes again')
    expect(code).toBe(0)
    const [again] = readRuns(folder).runs.filter(({ rerunOf }) => rerunOf === first.id)
    expect(again!.artefacts).toEqual(first.artefacts)
  })

  test('is not made again on other data', async () => {
    writeLog(join(cwd, 'log.csv'), 61)
    const { code, err } = await run('runs', 'rerun', first.id)
    writeLog(join(cwd, 'log.csv'))
    expect(code).toBe(1)
    expect(err).toContain('The data is not what it was')
  })

  test('with another setting differs in that setting, and in its bytes', async () => {
    expect((await run('train', '--data', 'log.csv', '--out', 'b', '--config', 'small.json')).code).toBe(0)
    const other = readRuns(folder).runs.find(({ settings }) => settings.dims === 4)!
    const comparison = compareRuns([first, other])
    expect(comparison.settings).toEqual([{ name: 'dims', values: ['64', '4'] }])
    expect(comparison.artefacts.differ).toContain('release/table/0')
    const { out } = await run('runs', 'compare', first.id, other.id)
    expect(out).toMatch(/dims\s+64\s+4/)
    expect(out).toMatch(/B − A/)
  })

  test('is listed and shown', async () => {
    expect((await run('runs')).out).toContain(first.id)
    const { out } = await run('runs', 'show', first.id)
    expect(out).toContain(first.data.fingerprint)
    expect(JSON.parse((await run('runs', 'show', first.id, '--json')).out)).toEqual(first)
  })
})

describe('foryou runs', () => {
  test('a file that is no run is named, and does not hide the others', async () => {
    writeFileSync(join(folder, '00000000-nothing.json'), '{"schema":1}')
    const { out, err } = await run('runs', 'list')
    expect(err).toContain('00000000-nothing.json')
    expect(out).toContain(first.id)
  })

  test.each([
    [['runs', 'show', 'nothing'], 1],
    [['runs', 'show'], 2],
    [['runs', 'compare', 'latest'], 2],
    [['runs', 'delete', 'x'], 2],
  ])('%j ends with exit code %i and a hint', async (argv, exit) => {
    const { code, err } = await run(...argv)
    expect(code).toBe(exit)
    expect(err).toMatch(/^foryou: /)
  })

  test('ids differ where content differs', () => {
    const { id: _, schema: __, ...rest } = first
    expect(withId(rest).id).toBe(first.id)
    expect(withId({ ...rest, seconds: rest.seconds + 1 }).id).not.toBe(first.id)
  })

  test('a record holds nothing of a person', () => {
    expect(readFileSync(join(folder, `${first.id}.json`), 'utf8')).not.toMatch(/"u\d+"/)
  })
})
