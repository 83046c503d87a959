import { mkdtempSync, readFileSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { beforeAll, describe, expect, test } from 'vitest'
import { readConfig } from '../../models/config.ts'
import { readRuns } from '../../models/runs/runStore.ts'
import { defaultSettings } from '../../models/settings.ts'
import { pluginMetrics, pluginTrainers, usedTrainers } from '../../models/train/plugins.ts'
import { checkerboard } from '../worlds.ts'
import { runForYou } from './runForYou.ts'

const ROOT = resolve(import.meta.dirname, '..', '..')
const cwd = mkdtempSync(join(tmpdir(), 'foryou-plugins-'))

/** The example of docs/experiments.md, as it stands there. */
const EXAMPLE = /```ts\n\/\/ mine\.ts\n([\s\S]*?)```/.exec(
  readFileSync(join(ROOT, 'docs', 'experiments.md'), 'utf8'),
)![1]!

function plugin(name: string, text: string) {
  const path = join(cwd, name)
  writeFileSync(path, text)
  return { ...defaultSettings('time'), plugins: { modules: [path], use: [] as string[] } }
}

const run = (...argv: string[]) => runForYou(cwd, argv)

beforeAll(() => {
  const lines = ['user_id,item_id,timestamp']
  for (let u = 0; u < 60; u++)
    for (let n = 0; n < 9; n++)
      lines.push(
        `u${u},i${(u % 3) * 10 + ((u * 7 + n * 3) % 10)},${1_704_067_200 + ((u * 13 + n * 29) % 40) * 86_400 + n}`,
      )
  writeFileSync(join(cwd, 'log.csv'), lines.join('\n'))
  writeFileSync(join(cwd, 'mine.ts'), EXAMPLE)
})

describe('a plugin of the configuration', () => {
  test('fills its rung: trained, encoded, evaluated and gated as the product’s own, and recorded with its hash', async () => {
    writeFileSync(
      join(cwd, 'mine.json'),
      JSON.stringify({ trainers: ['./mine.ts'], use: ['same-day'], runs: 'runs' }),
    )
    const { code, err } = await run('train', '--data', 'log.csv', '--out', 'out', '--config', 'mine.json')
    expect(err).not.toContain('defect')
    expect(code).toBe(0)
    const { ladder } = JSON.parse(readFileSync(join(cwd, 'out', 'report.json'), 'utf8'))
    expect(ladder.find(({ rung }: { rung: string }) => rung === 'collaborative').model).toBe('same-day')
    const [recorded] = readRuns(join(cwd, 'runs')).runs
    expect(recorded!.plugins![join(cwd, 'mine.ts')]).toMatch(/^[0-9a-f]{64}$/)
    expect(Object.keys(recorded!.metrics.collaborative!)).toContain('first')
    // What it replaced stands beside it.
    expect(Object.keys(recorded!.metrics)).toContain('table-neighbours')
    expect(Object.keys(recorded!.artefacts)).toContain('release/neighbours/0')
    expect(Object.keys(recorded!.artefacts)).not.toContain('release/table/0')
  })

  test('that is not used stands beside the ladder as a baseline', async () => {
    writeFileSync(join(cwd, 'beside.json'), JSON.stringify({ trainers: ['./mine.ts'], runs: 'beside' }))
    expect(
      (await run('train', '--data', 'log.csv', '--out', 'beside-out', '--config', 'beside.json')).code,
    ).toBe(0)
    const [recorded] = readRuns(join(cwd, 'beside')).runs
    expect(recorded!.metrics['same-day']!['ndcg@10']).toBeGreaterThan(0)
    expect(Object.keys(recorded!.artefacts)).toContain('release/table/0')
  })

  test('paths count from the configuration', async () => {
    const { settings } = await readConfig('/', join(cwd, 'mine.json'))
    expect(settings.plugins).toEqual({ modules: [join(cwd, 'mine.ts')], use: ['same-day'] })
  })

  test('its metrics measure lists', () => {
    const [metric] = pluginMetrics(plugin('mine.ts', EXAMPLE))
    expect(metric!.of([4, 2, 9], new Set([2]))).toBe(0)
    expect(metric!.of([2, 4, 9], new Set([2]))).toBe(1)
  })
})

const GOOD = `name: 'mine', rung: 'collaborative', formula: 'x', source: 'y', missing: () => null`
const lists = (body: string) => `export const trainers = [{ ${GOOD}, train(dataset) {
  const n = dataset.catalogue.length
  ${body}
} }]`

describe('what is wrong is said, with the module and the fault', () => {
  test.each([
    ['no module', null, /there is no such module/],
    ['no list', 'export const trainer = 1', /exports neither "trainers" nor "metrics"/],
    ['broken code', 'export const trainers = [', /cannot be loaded/],
    [
      'a feature',
      'export const features = []; export const trainers = []',
      /features, which a plugin cannot add/,
    ],
    ['no name', `export const trainers = [{}]`, /needs a name/],
    [
      'an unknown rung',
      `export const trainers = [{ ${GOOD.replace('collaborative', 'popularity')}, train() {} }]`,
      /needs a rung/,
    ],
    ['no train', `export const trainers = [{ ${GOOD} }]`, /"train" and "missing"/],
    [
      'a name that exists',
      `export const trainers = [{ ${GOOD.replace("'mine'", "'table-neighbours'")}, train() {} }]`,
      /already/,
    ],
    [
      'no source',
      `export const trainers = [{ ${GOOD.replace("source: 'y'", "source: ''")}, train() {} }]`,
      /where it comes from/,
    ],
  ])('%s', (name, text, message) => {
    const file = `${name.replaceAll(' ', '-')}.ts`
    const settings =
      text === null
        ? { ...defaultSettings('time'), plugins: { modules: [join(cwd, 'nowhere.ts')], use: [] } }
        : plugin(file, text)
    expect(() => pluginTrainers(settings)).toThrow(message)
  })

  test.each([
    ['throws', 'throw new Error("out of ideas")', /failed: out of ideas/],
    ['gives nothing', 'return {}', /no part for the rung collaborative/],
    [
      'has lists of another length',
      'return { neighbours: { offsets: new Int32Array(n), targets: new Int32Array(0), weights: new Float64Array(0) } }',
      /offsets has/,
    ],
    [
      'votes NaN',
      'return { neighbours: { offsets: Int32Array.from({ length: n + 1 }, (_, i) => i), targets: new Int32Array(n), weights: new Float64Array(n).fill(NaN) } }',
      /weights\[0\] is NaN/,
    ],
    [
      'names an item that is not there',
      'return { neighbours: { offsets: Int32Array.from({ length: n + 1 }, (_, i) => i), targets: new Int32Array(n).fill(n), weights: new Float64Array(n).fill(1) } }',
      /targets\[0\]/,
    ],
    [
      'has an infinite table',
      'return { table: { dims: 1, rows: new Float64Array(n).fill(Infinity), inputScale: new Float64Array(n), hasRow: new Uint8Array(n) } }',
      /rows\[0\] is Infinity/,
    ],
  ])('a model that %s is refused before it is encoded', (name, body, message) => {
    const settings = plugin(`model-${name.replaceAll(' ', '-')}.ts`, lists(body))
    const [trainer] = pluginTrainers(settings)
    expect(() => trainer!.train(checkerboard(), settings, () => 0.5)).toThrow(message)
  })

  test('"use" of what nobody exports, and of two for one rung', () => {
    const one = plugin('one.ts', lists('return {}'))
    expect(() => usedTrainers({ ...one, plugins: { ...one.plugins, use: ['other'] } })).toThrow(
      /They export|no module/,
    )
    const two = plugin('two.ts', `${lists('return {}')}\ntrainers.push({ ...trainers[0], name: 'second' })`)
    expect(() => usedTrainers({ ...two, plugins: { ...two.plugins, use: ['mine', 'second'] } })).toThrow(
      /two trainers/,
    )
  })

  test('a metric that gives no number', () => {
    const [metric] = pluginMetrics(
      plugin('nan.ts', `export const metrics = [{ name: 'nan', of: () => NaN }]`),
    )
    expect(() => metric!.of([1], new Set([1]))).toThrow(/no finite number/)
  })

  test('reaches the command line as one clear line', async () => {
    writeFileSync(join(cwd, 'gone.json'), JSON.stringify({ trainers: ['./gone.ts'], use: ['x'] }))
    const { code, err } = await run('train', '--data', 'log.csv', '--out', 'gone', '--config', 'gone.json')
    expect(code).toBe(1)
    expect(err).toMatch(/gone\.ts: there is no such module/)
    expect(err).not.toMatch(/\n\s+at /)
  })
})
