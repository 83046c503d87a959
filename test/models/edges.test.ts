import { mkdtempSync, readFileSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { open, writeBundle } from '../../models/build/builtBundle.ts'
import { makeDataset } from '../../models/dataset.ts'
import { climb } from '../../models/evaluate/ladder.ts'
import { train } from '../../models/pipeline/train.ts'
import { replayDays } from '../../models/split/replay.ts'
import { openBundle } from '../../shared/bundle/openBundle.ts'
import { encodeTable } from '../../shared/bundle/tableFile.ts'
import { DAY_MS } from '../../shared/domain/clock.ts'
import { errorCode } from '../../shared/domain/errors.ts'
import { HISTORY_CAP, HISTORY_TTL_MS } from '../../shared/domain/interaction.ts'
import { checkGolden, decodeGolden } from '../../shared/rank/golden.ts'
import { createRecommender } from '../../shared/rank/recommend.ts'
import { bundleOf, checkerboard, datasetOf, T0 } from '../worlds.ts'

const options = { site: 'test', fingerprint: '0'.repeat(64), archive: true, progress: () => {} }
const INGEST = { files: [], rows: 0, used: 0, rejected: {}, examples: [], notes: [] }
const rows = (days: number) =>
  Array.from({ length: 400 }, (_, n) => ({
    user: `u${n % 40}`,
    item: `i${(n * 7) % 23}`,
    day: (n * days) / 400,
  }))

describe('any data can be trained on', () => {
  test.each([
    ['a quarter of a year', datasetOf(rows(90))],
    ['three days', datasetOf(rows(3))],
    ['one hour', datasetOf(rows(0.04))],
    ['ordered sequences', datasetOf(rows(400), undefined, 'sequence')],
    ['sets without any order', datasetOf(rows(1), undefined, 'none')],
    ['one item a user', datasetOf(rows(30).slice(0, 40))],
  ])(
    '%s: a bundle that opens, passes its golden cases and ships what it proved',
    async (_, dataset) => {
      const { release } = await train(
        dataset,
        { ranker: { hidden: 4, epochs: 1, learningRate: 0.01, negatives: 9, weightDecay: 0.003 } },
        options,
      )
      const bundle = open(release)
      checkGolden(bundle, decodeGolden(release.blobs.get('golden')!))
      const slate = createRecommender(bundle).recommend({ history: [], now: T0, k: 5 })
      expect(slate.items).toHaveLength(5)
      expect(release.manifest.evaluation!.verdict).not.toBe('ships')
    },
    60_000,
  )
})

describe('too little data', () => {
  test.each([
    ['twenty interactions', 20, 7],
    ['one interaction', 1, 1],
  ])('%s: nothing is measurable, popularity ships, and the gate lets it', async (_, count, items) => {
    const little = Array.from({ length: count }, (_, n) => ({
      user: `u${n % 5}`,
      item: `i${n % items}`,
      day: n,
    }))
    const { release } = await train(datasetOf(little), {}, options)
    const { verdict, ladder, gate } = release.manifest.evaluation!
    expect(verdict).toBe('not-measurable')
    expect(ladder.filter(({ ships }) => ships).map(({ rung }) => rung)).toEqual(['popularity'])
    expect(gate!.checks.filter(({ passed }) => passed === false)).toEqual([])
  })
})

describe('the gate', () => {
  test('lets a rung pass that beats one which never hits', () => {
    const n = 1000
    const values = (share: number) =>
      new Map([['ndcg@10', Float64Array.from({ length: n }, (_, q) => (q % 100 < share * 100 ? 1 : 0))]])
    const rung = (name: 'popularity' | 'content' | 'collaborative', share: number) => ({
      rung: name,
      model: name,
      values: values(share),
      totals: {},
      milliseconds: 1,
      bytes: 1,
      trainSeconds: 1,
    })
    const { ladder } = climb(
      {
        protocol: 'test',
        daily: false,
        rungs: [rung('popularity', 0.1), rung('content', 0), rung('collaborative', 0.5)],
        userOf: Int32Array.from({ length: n }, (_, q) => q),
        dayOf: new Int32Array(n),
      },
      1,
    )
    expect(ladder.map(({ ships }) => ships)).toEqual([true, false, true])
  })
})

describe('a replayed history', () => {
  test('is what a device would still hold: the cap and the time to live', () => {
    const many = Array.from({ length: 700 }, (_, i) => ({
      user: 'a',
      item: `x${String(i).padStart(3, '0')}`,
      day: i / 10,
    }))
    const long = replayDays(datasetOf(many), T0 + 69 * DAY_MS, T0 + 80 * DAY_MS)
      .flatMap(({ events }) => events)
      .at(-1)!
    expect(long.history).toHaveLength(HISTORY_CAP)
    const sparse = datasetOf([
      { user: 'a', item: 'old', day: 0 },
      { user: 'a', item: 'recent', day: HISTORY_TTL_MS / DAY_MS + 5 },
      { user: 'a', item: 'asked', day: HISTORY_TTL_MS / DAY_MS + 6 },
    ])
    const asked = replayDays(sparse, T0, T0 + 200 * DAY_MS)
      .flatMap(({ events }) => events)
      .at(-1)!
    expect(asked.history.map(({ item }) => item)).toEqual(['recent'])
  })
})

describe('writing a bundle', () => {
  test('never deletes a folder that holds something else', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'foryou-out-'))
    writeFileSync(join(folder, 'thesis.txt'), 'years of work')
    const { release } = await train(datasetOf(rows(30)), {}, options)
    expect(await writeBundle(release, folder).then(() => 'written', errorCode)).toBe('bad_usage')
    expect(readFileSync(join(folder, 'thesis.txt'), 'utf8')).toBe('years of work')
  })
})

describe('slates on odd catalogues', () => {
  test('a filter on what nearly all or only one item has still finds them', async () => {
    const dataset = makeDataset({
      name: 'films',
      order: 'time',
      catalogue: Array.from({ length: 20 }, (_, i) => ({
        id: `i${i}`,
        title: `Film ${i}`,
        attributes: { genre: ['Drama'], language: [i < 15 ? 'English' : 'French'], studio: [`s${i}`] },
      })),
      interactions: Array.from({ length: 200 }, (_, n) => ({
        user: `u${n % 20}`,
        item: `i${(n * 3) % 20}`,
        at: T0 + n * 3_600_000,
        value: Number.NaN,
        positive: true,
      })),
      ingest: INGEST,
    })
    const recommender = createRecommender(await bundleOf(dataset))
    const found = (filter: Record<string, string>, history: string[] = []) =>
      recommender.recommend({
        surface: 'for-you',
        k: 20,
        now: T0,
        filter,
        history: history.map((item, at) => ({ item, kind: 'view' as const, at })),
      }).items
    expect(found({ language: 'English' })).toHaveLength(15)
    expect(found({ studio: 's3' }).map(({ item }) => item)).toEqual(['i3'])
    expect(found({ language: 'English' }, ['i0', 'i1'])).toHaveLength(13)
  })

  test('what is not released yet is not shown, and one wrong year does not make all others old', async () => {
    const dataset = makeDataset({
      name: 'films',
      order: 'time',
      catalogue: Array.from({ length: 12 }, (_, i) => ({
        id: `i${i}`,
        title: `Film ${i}`,
        year: i === 5 ? 2099 : 2026,
        ...(i === 7 ? { releasedAt: T0 + 400 * DAY_MS } : {}),
      })),
      interactions: Array.from({ length: 120 }, (_, n) => ({
        user: `u${n % 10}`,
        item: `i${n % 12}`,
        at: T0 + (n % 30) * DAY_MS,
        value: Number.NaN,
        positive: true,
      })),
      ingest: INGEST,
    })
    const recommender = createRecommender(await bundleOf(dataset))
    const shown = (surface: 'new' | 'popular' | 'for-you') =>
      recommender.recommend({ surface, history: [], now: T0, k: 12 }).items.map(({ item }) => item)
    for (const surface of ['new', 'popular', 'for-you'] as const) {
      expect(shown(surface)).not.toContain('i7')
      expect(shown(surface)).toHaveLength(11)
    }
  })

  test('ids that look the same are the same', async () => {
    const dataset = datasetOf(
      rows(30).map((row) => ({ ...row, item: row.item === 'i1' ? 'caf\u00e9' : row.item })),
    )
    const recommender = createRecommender(await bundleOf(dataset))
    const slate = recommender.recommend({ history: [], exclude: ['cafe\u0301'], now: T0, k: 50 })
    expect(slate.items.map(({ item }) => item)).not.toContain('caf\u00e9')
    const similar = (item: string) =>
      recommender.recommend({ surface: 'similar', item, history: [], now: T0 }).items
    expect(similar('cafe\u0301')).toEqual(similar('caf\u00e9'))
  })

  test('before the first shard has arrived a history gets what is popular, not an error', async () => {
    const { manifest } = await bundleOf(checkerboard())
    const whole = await train(checkerboard(), {}, options)
    const early = new Map(
      [...whole.release.blobs].filter(([role]) => /^(catalogue\/0|popularity)$/.test(role)),
    )
    const bundle = openBundle({ ...whole.release.manifest, forYou: 'collaborative' }, '', early)
    expect(manifest.files.length).toBeGreaterThan(0)
    const slate = createRecommender(bundle).recommend({
      history: [{ item: 'i00', kind: 'view', at: 1 }],
      now: T0,
    })
    expect(slate).toMatchObject({ reason: 'popular', partial: true })
    expect(slate.items.length).toBeGreaterThan(0)
  })

  test('a table with more rows than the catalogue has items is refused', async () => {
    const { release } = await train(checkerboard(), {}, options)
    const blobs = new Map(release.blobs)
    blobs.set(
      'table/0',
      encodeTable({
        dims: 2,
        step: 1,
        inputStep: 1,
        rows: new Int8Array(100),
        inputScale: new Uint16Array(50),
      }),
    )
    let code = 'accepted'
    try {
      openBundle(release.manifest, '', blobs)
    } catch (error) {
      code = errorCode(error)
    }
    expect(code).toBe('bundle_value')
  })
})
