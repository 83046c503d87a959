import { cpSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type BuiltBundle, open, readBundle } from '../../models/build/builtBundle.ts'
import type { Dataset } from '../../models/dataset.ts'
import { ensureKeys } from '../../models/publish/keys.ts'
import { readLiveItems } from '../../models/publish/liveItems.ts'
import { seededRandom } from '../../models/random.ts'
import { slice } from '../../models/split/slice.ts'
import { syntheticWorld } from '../../models/world/syntheticWorld.ts'
import { isDelta } from '../../shared/bundle/deltaFile.ts'
import type { Bundle } from '../../shared/bundle/openBundle.ts'
import { DAY_MS } from '../../shared/domain/clock.ts'
import { checkGolden, decodeGolden } from '../../shared/rank/golden.ts'
import { createRecommender } from '../../shared/rank/recommend.ts'
import { knownBefore } from '../knownBefore.ts'
import { memoryEdge, publishBuilt } from '../models/memoryEdge.ts'
import { runForYou } from '../models/runForYou.ts'
import { inOneShard } from './inOneShard.ts'

const films = syntheticWorld({ visitors: 350, days: 40, films: 120 })
const end = Math.floor(films.times.reduce((most, at) => Math.max(most, at), 0) / DAY_MS) * DAY_MS
/** Every twelfth film comes to the catalogue five days before the end. */
const world = slice(films, (row) => films.items[row]! % 12 > 0 || films.times[row]! >= end - 5 * DAY_MS)
const cwd = mkdtempSync(join(tmpdir(), 'foryou-delta-'))
const run = (...argv: string[]) => runForYou(cwd, argv)

/** The world as a site's log and catalogue, as they stood some days before its end. */
function writeLog(
  folder: string,
  daysBefore: number,
  change: (dataset: Dataset) => Dataset = (d) => d,
): void {
  const { catalogue, users, offsets, items, times } = change(knownBefore(world, end - daysBefore * DAY_MS))
  mkdirSync(join(cwd, folder, 'shop'), { recursive: true })
  const quoted = (text: string) => `"${text.replaceAll('"', '""')}"`
  const shown = catalogue.map(({ id, title, year, attributes }) =>
    [id, quoted(title), year ?? '', quoted((attributes?.genre ?? []).join('|'))].join(','),
  )
  const rows = users.flatMap((user, u) =>
    Array.from(items.subarray(offsets[u]!, offsets[u + 1]!), (item, k) =>
      [user, catalogue[item]!.id, times[offsets[u]! + k]! / 1000].join(','),
    ),
  )
  writeFileSync(join(cwd, folder, 'shop', 'items.csv'), ['item,title,year,genre', ...shown].join('\n'))
  writeFileSync(join(cwd, folder, 'shop', 'events.csv'), ['user,item,timestamp', ...rows].join('\n'))
}

const data = (folder: string) => ['--data', join(folder, 'shop')]
const release = (folder: string) => readBundle(join(cwd, folder, 'release'))
const filesOf = ({ manifest }: BuiltBundle) =>
  new Map(manifest.files.map(({ role, sha256 }) => [role, sha256]))

let base: BuiltBundle
let delta: BuiltBundle
beforeAll(async () => {
  for (const days of [12, 5, 4, 3]) writeLog(`before-${days}`, days)
  const settings = {
    testDays: 7,
    replayDays: 14,
    dims: 16,
    baselines: 'none',
    decay: 0.9,
    neighbours: { length: 20 },
    transitions: { length: 20 },
    maxSlates: 3000,
    ranker: { hidden: 16, epochs: 3, learningRate: 0.01, negatives: 29 },
  }
  writeFileSync(join(cwd, 'foryou.config.json'), JSON.stringify({ settings }))
  const trained = await run('train', ...data('before-5'), '--out', 'base')
  expect(trained.err).not.toContain('defect')
  const made = await run('train', ...data('before-3'), '--base', 'base', '--out', 'delta')
  expect(made.err).not.toContain('defect')
  base = await release('base')
  delta = await release('delta')
}, 60_000)
afterAll(() => rmSync(cwd, { recursive: true }))

describe('a delta', () => {
  test('keeps the files of its base, byte for byte, and adds its own', () => {
    const [before, after] = [filesOf(base), filesOf(delta)]
    const changed = [...after].filter(([role, sha]) => before.get(role) !== sha).map(([role]) => role)
    expect(changed.sort()).toEqual([
      'delta',
      'delta.golden',
      'delta.popularity',
      'evaluation',
      'popular.html',
      'popular.json',
    ])
    expect([...before.keys()].filter((role) => !after.has(role))).toEqual([])
    expect(delta.manifest.base).toEqual({ manifest: base.hash, built: base.manifest.built })
    expect(delta.manifest.version).toBeGreaterThan(base.manifest.version)
    expect(delta.manifest.trainedUntil).toBe(base.manifest.trainedUntil)
  })

  test('keeps the numbers of all items of its base and appends the others, which nothing collaborative names', () => {
    const [before, after] = [open(base), open(delta)]
    expect(after.ids.slice(0, before.items)).toEqual(before.ids)
    const known = knownBefore(world, end - 3 * DAY_MS).catalogue.map(({ id }) => id)
    expect([...after.ids].sort()).toEqual(known)
    expect(after.items).toBeGreaterThan(before.items)
    expect(after.complete).toBe(true)
    expect(after.table!.count).toBeLessThanOrEqual(before.items)
    for (const { offsets, columns } of [after.neighbours!, after.transitions!]) {
      expect(offsets[after.items]).toBe(offsets[before.items])
      for (const target of columns) expect(target).toBeLessThan(before.items)
    }
    for (let item = before.items; item < after.items; item++)
      expect(after.detailsOf(item)?.title).toBeTruthy()
  })

  test('ranks on every surface as the same content in one shard does', () => {
    const bundle = open(delta)
    expect(bundle.manifest.forYou).toBe('ranker')
    const naive = inOneShard(delta)
    expect(naive.items).toBe(bundle.items)
    expect(slates(bundle, 40)).toEqual(slates(naive, 40))
    const shown = new Set(
      slates(bundle, 40)
        .flat()
        .map(({ item }) => item),
    )
    expect(bundle.ids.slice(open(base).items).some((id) => shown.has(id))).toBe(true)
  })

  test('is the base to readers that do not know its files', () => {
    const known = { ...delta, blobs: new Map([...delta.blobs].filter(([role]) => !isDelta(role))) }
    const old = open({
      ...known,
      manifest: { ...delta.manifest, files: delta.manifest.files.filter(({ role }) => !isDelta(role)) },
    })
    checkGolden(old, decodeGolden(known.blobs.get('golden')!))
    expect(slates(old, 10)).toEqual(slates(open(base), 10))
  })

  test('passes its own golden cases, which the base alone does not', () => {
    const cases = decodeGolden(delta.blobs.get('delta.golden')!)
    checkGolden(open(delta), cases)
    expect(() => checkGolden(open(base), cases)).toThrow(/Golden case/)
  })

  test('is small, leaves the evaluation to a file, and says whose it is', async () => {
    expect(JSON.parse(delta.payload).evaluation).toBeNull()
    expect(delta.manifest.evaluation?.manifest).toBe(base.manifest.evaluation?.manifest)
    const checks = delta.manifest.evaluation!.gate!.checks.map(({ name, passed }) => [name, passed])
    expect(checks).toContainEqual(['golden cases', true])
    expect(checks).toContainEqual(['popular list', true])
    const { out } = await run('train', ...data('before-3'), '--base', 'base', '--out', 'delta')
    expect(out).toMatch(/Delta [0-9a-f]{12} on the base [0-9a-f]{12}, 2\.0 days later, with \d+ new items/)
    expect(out).toContain('generators and ranker are those of the base')
    const card = readFileSync(join(cwd, 'delta', 'report.html'), 'utf8')
    expect(card).toContain('A delta: generators')
    expect(card).toContain(base.hash)
  })

  test('comes out the same again, on the base, in its place, and on an earlier delta', async () => {
    cpSync(join(cwd, 'base'), join(cwd, 'chain'), { recursive: true })
    for (const days of [4, 3])
      await run('train', ...data(`before-${days}`), '--base', 'chain', '--out', 'chain')
    expect((await release('chain')).hash).toBe(delta.hash)
    await run('train', ...data('before-3'), '--base', 'chain', '--only', 'popularity', '--out', 'chain')
    expect((await release('chain')).hash).toBe(delta.hash)
    expect(readdirSync(join(cwd, 'chain')).sort()).toEqual([
      'evaluation',
      'release',
      'report.html',
      'report.json',
    ])
  })

  test('sends the details that have changed', async () => {
    writeLog('renamed', 3, (dataset) => ({
      ...dataset,
      catalogue: dataset.catalogue.map((item, i) => (i === 1 ? { ...item, title: 'Director’s cut' } : item)),
    }))
    await run('train', ...data('renamed'), '--base', 'base', '--out', 'renamed-out')
    const [before, after] = [filesOf(delta), filesOf(await release('renamed-out'))]
    const changed = [...after].filter(([role, sha]) => before.get(role) !== sha).map(([role]) => role)
    expect(changed.filter((role) => !role.startsWith('popular') && role !== 'evaluation')).toEqual([
      'details/0',
    ])
  })
})

describe('popularity alone', () => {
  test('changes nothing but popularity, and keeps the items that a delta has appended', async () => {
    await run('train', ...data('before-4'), '--base', 'base', '--out', 'first')
    const { code } = await run(
      'train',
      ...data('before-3'),
      '--base',
      'first',
      '--only',
      'popularity',
      '--out',
      'hourly',
    )
    expect(code).toBe(0)
    const [before, hourly] = [await release('first'), await release('hourly')]
    expect(filesOf(hourly).get('delta')).toBe(filesOf(before).get('delta'))
    expect(filesOf(hourly).get('delta.popularity')).not.toBe(filesOf(before).get('delta.popularity'))
    expect(open(hourly).ids).toEqual(open(before).ids)
    expect(open(hourly).popularity.asOf).toBe(open(delta).popularity.asOf)
  })

  test('is renewed on a base that is due for renewal, and says so', async () => {
    const { code, err } = await run(
      ...['train', ...data('before-3'), '--base', 'base', '--base-days', '1'],
      ...['--only', 'popularity', '--out', 'late'],
    )
    expect(code).toBe(0)
    expect(err).toContain('The base is due for renewal (it is 2 days old, 1 at the most)')
  })
})

describe('what is live', () => {
  const onEdge = (...argv: string[]) => runForYou(cwd, argv, cwd)

  beforeAll(async () => {
    await ensureKeys(cwd)
    await onEdge('publish', 'base/release', '--to', 'edge', '--no-scripts')
  })

  test('is as good a base as a folder, for a job that keeps nothing between its runs', async () => {
    const { code, err } = await onEdge(
      'train',
      ...data('before-3'),
      '--base',
      'live',
      '--to',
      'edge',
      '--out',
      'job',
    )
    expect(err).not.toMatch(/defect|foryou:/)
    expect(code).toBe(0)
    expect((await release('job')).hash).toBe(delta.hash)
  })

  test('is renewed by a delta, and by popularity on that; status says what it rests on', async () => {
    await onEdge('publish', 'delta/release', '--to', 'edge', '--no-scripts')
    await onEdge('promote', 'delta/release', '--to', 'edge')
    const hourly = [
      ...data('before-3'),
      '--base',
      'live',
      '--only',
      'popularity',
      '--to',
      'edge',
      '--out',
      'job',
    ]
    await onEdge('train', ...hourly)
    expect((await release('job')).hash).toBe(delta.hash)
    const { out } = await onEdge('status', '--to', 'edge')
    expect(out).toContain(`small update on ${base.hash.slice(0, 12)}`)
    expect(out).toContain(delta.manifest.evaluation!.summary)
  })

  test('may come from an edge that never saw the base: a delta is whole by itself', async () => {
    const { code, out } = await onEdge('publish', 'delta/release', '--to', 'other', '--no-scripts')
    expect(code).toBe(0)
    expect(out).toContain('live there')
    const { out: status } = await onEdge('status', '--to', 'other')
    expect(status).toContain(delta.hash)
  })

  test('is refused as a base where a file is not what was signed', async () => {
    const blob = join(cwd, 'edge', 'v1', 'b', filesOf(base).get('table/0')!)
    const good = readFileSync(blob)
    rmSync(blob)
    writeFileSync(blob, good.subarray(8))
    const { code, err } = await onEdge(
      'train',
      ...data('before-3'),
      '--base',
      'live',
      '--to',
      'edge',
      '--out',
      'job',
    )
    expect(code).toBe(1)
    expect(err).toContain('The live table/0 is not what the manifest names')
  })
})

describe('a base', () => {
  test('that is too old gives way to a new one, by itself', async () => {
    // Few users, so that training is quick.
    const day = (at: number, user: number) => Math.floor(at + 86_400 * ((user * 5) % 20))
    const log = (days: number) =>
      Array.from({ length: 40 }, (_, u) =>
        Array.from({ length: 6 }, (__, n) => `u${u},i${(u * 7 + n * n) % 20},${day(1.7e9, u) + n}`),
      ).concat([[`u1,i3,${day(1.7e9, 3) + days * 86_400}`]])
    const write = (days: number) =>
      writeFileSync(join(cwd, 'few.csv'), ['user,item,timestamp', ...log(days).flat()].join('\n'))
    write(20)
    await run('train', '--data', 'few.csv', '--out', 'few')
    write(22)
    const { err } = await run(
      ...['train', '--data', 'few.csv', '--base', 'few', '--base-days', '2', '--out', 'new'],
    )
    expect(err).toContain('A new base is trained, the one in few is due: it is 2 days old, 2 at the most.')
    const [before, { manifest }] = [(await release('few')).manifest, await release('new')]
    expect(manifest.base).toBeUndefined()
    expect(manifest.trainedUntil).toBe(before.trainedUntil + 2 * DAY_MS)
    const { out } = await run('train', '--data', 'few.csv', '--base', 'few', '--out', 'new')
    expect(out).toContain('2.0 days later, with 0 new items')
  }, 30_000)

  test.each([
    ['of another site', 'wrong_site', { site: 'other' }, 'before-3', []],
    ['of other settings', 'bad_config', { settings: { decay: 0.5 } }, 'before-3', []],
    ['with another seed', 'bad_config', {}, 'before-3', ['--seed', '2']],
    ['that knows more than the data', 'bad_data', {}, 'before-12', []],
  ])('%s is refused, and nothing is written', async (_, code, config, folder, flags) => {
    writeFileSync(join(cwd, 'other.json'), JSON.stringify(config))
    const got = await run(
      ...[
        'train',
        ...data(folder),
        '--base',
        'base',
        '--out',
        'refused',
        '--config',
        'other.json',
        '--json',
        ...flags,
      ],
    )
    expect(got.code).toBe(1)
    expect(JSON.parse(got.out).error.code).toBe(code)
    expect(readdirSync(cwd).filter((name) => name.includes('refused'))).toEqual([])
  })

  test('whose report cannot be read leaves the output as it was', async () => {
    cpSync(join(cwd, 'delta'), join(cwd, 'kept'), { recursive: true })
    cpSync(join(cwd, 'base'), join(cwd, 'odd'), { recursive: true })
    const report = JSON.parse(readFileSync(join(cwd, 'odd', 'report.json'), 'utf8'))
    writeFileSync(join(cwd, 'odd', 'report.json'), JSON.stringify({ ...report, timings: null, gate: 5 }))
    const { code } = await run('train', ...data('before-4'), '--base', 'odd', '--out', 'kept')
    expect(code).toBe(1)
    expect((await release('kept')).hash).toBe(delta.hash)
    expect(readdirSync(cwd).filter((name) => name.startsWith('.kept'))).toEqual([])
  })

  test('of other data, without times, or that is damaged is refused', async () => {
    const refuse = async (...argv: string[]) =>
      (await run('train', '--base', 'base', '--out', 'no', ...argv)).err
    writeFileSync(join(cwd, 'untimed.csv'), 'user,item\na,b\nc,b\n')
    expect(await refuse('--data', 'untimed.csv', '--allow-bad')).toMatch(/has no times/)
    expect(await refuse('--data', 'synthetic')).toMatch(/The base is of the data "shop"/)
    expect(await refuse(...data('before-3'), '--base', 'nowhere')).toMatch(/is no output of training/)
    expect(await refuse(...data('before-3'), '--only', 'items')).toMatch(/--only knows "popularity"/)
    cpSync(join(cwd, 'base'), join(cwd, 'damaged'), { recursive: true })
    const blob = join(cwd, 'damaged', 'release', 'b', filesOf(base).get('table/0')!)
    writeFileSync(blob, readFileSync(blob).subarray(8))
    expect(await refuse(...data('before-3'), '--base', 'damaged')).toMatch(/is damaged/)
    expect(readdirSync(cwd).filter((name) => name === 'no' || name.startsWith('.no'))).toEqual([])
  })
})

function slates(bundle: Bundle, queries: number) {
  const recommender = createRecommender(bundle)
  const random = seededRandom(9)
  const now = bundle.manifest.asOf
  return Array.from({ length: queries }, (_, q) => {
    const history = Array.from({ length: q % 9 }, (__, h) => ({
      item: bundle.ids[Math.floor(random() * bundle.items)]!,
      kind: 'view' as const,
      at: now - (9 - h) * 60_000,
    }))
    return (['for-you', 'popular', 'trending', 'new', 'because'] as const).flatMap((surface) =>
      recommender
        .recommend({ surface, history, now, k: 12 })
        .items.map(({ item, score }) => ({ item, score })),
    )
  })
}

test('"foryou items" finds the items that a delta has appended', async () => {
  const edge = await memoryEdge(delta.manifest.site)
  await edge.client.change('promote', { manifest: await publishBuilt(edge, delta), op: 'first' })
  const { bundle, encoder } = await readLiveItems(edge.client, edge.world.rules.pins)
  const whole = open(delta)
  expect(bundle.ids).toEqual(whole.ids)
  expect(bundle.items).toBe(bundle.popularity.count.length)
  expect(bundle.detailsOf(whole.items - 1)).toEqual(whole.detailsOf(whole.items - 1))
  expect(await encoder()).not.toBeNull()
})
