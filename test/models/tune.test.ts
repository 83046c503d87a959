import { appendFileSync, existsSync, mkdtempSync, readFileSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { readConfig } from '../../models/config.ts'
import { type Dataset, makeDataset, type OrderOf } from '../../models/dataset.ts'
import { SEARCH_SPACE, searchSpace, settingAt, withSetting } from '../../models/searchSpace.ts'
import { defaultSettings } from '../../models/settings.ts'
import { cutsOf } from '../../models/split/cuts.ts'
import { lastOut, strongGeneralisation } from '../../models/split/foldInSplits.ts'
import { clusteredError } from '../../models/tune/clusteredError.ts'
import { openJournal } from '../../models/tune/journal.ts'
import type { Measurement } from '../../models/tune/measureSettings.ts'
import { assertUntouched, testProblem, validationProblem } from '../../models/tune/problem.ts'
import { proposal } from '../../models/tune/proposals.ts'
import {
  sharesFor,
  smallestWithinOneError,
  successiveHalving,
  type Trial,
} from '../../models/tune/successiveHalving.ts'
import { runForYou } from './runForYou.ts'

const ORDERS: readonly OrderOf[] = ['time', 'sequence', 'none']

/** 80 users, 30 items, 60 days. */
function world(order: OrderOf): Dataset {
  const interactions = Array.from({ length: 80 * 9 }, (_, r) => {
    const [u, n] = [Math.floor(r / 9), r % 9]
    const day = (u * 13 + n * 7) % 60
    const at =
      order === 'time' ? Date.UTC(2024, 0, 1) + day * 86_400_000 + n * 60_000 : order === 'sequence' ? n : 0
    return {
      user: `u${u}`,
      item: `i${(u % 3) * 10 + ((u * 7 + n * 3) % 10)}`,
      at,
      value: Number.NaN,
      positive: true,
    }
  })
  return makeDataset({
    name: 'tiny',
    order,
    catalogue: [],
    interactions,
    ingest: { files: [], rows: 0, used: 0, rejected: {}, examples: [], notes: [] },
  })
}

describe('the search space', () => {
  test('every dimension is a setting, and its default lies on its scale', () => {
    for (const { path, at, positionOf } of SEARCH_SPACE) {
      const value = settingAt(defaultSettings('time'), path)
      const nearest = at(Math.min(0.999, positionOf(value)))
      expect(Math.abs(nearest - value), path).toBeLessThanOrEqual(0.05 * Math.abs(value) + 0.01)
    }
  })

  test('every proposal is a configuration that training accepts, and the same again', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'foryou-space-'))
    for (const order of ORDERS) {
      const base = defaultSettings(order)
      for (let number = 1; number < 40; number++) {
        const settings = proposal(order, [base], number)
        expect(proposal(order, [base], number)).toEqual(settings)
        const { floors: _, popularHalfLife: __, plugins: ___, ...configurable } = settings
        writeFileSync(join(folder, 'c.json'), JSON.stringify({ settings: configurable }))
        await readConfig(folder, 'c.json')
      }
    }
  })

  test('a changed setting is the only one that changes', () => {
    fc.assert(
      fc.property(
        fc.constantFrom(...SEARCH_SPACE),
        fc.double({ min: 0, max: 0.999, noNaN: true }),
        (dimension, position) => {
          const base = defaultSettings('time')
          const changed = withSetting(base, dimension.path, dimension.at(position))
          for (const { path } of SEARCH_SPACE)
            if (path !== dimension.path) expect(settingAt(changed, path)).toBe(settingAt(base, path))
          expect(settingAt(changed, dimension.path)).toBe(dimension.at(position))
        },
      ),
    )
  })

  test('data without an order has no decay to choose, data without times no ranker', () => {
    expect(searchSpace('none').map(({ path }) => path)).not.toContain('decay')
    expect(searchSpace('none').some(({ path }) => path.startsWith('ranker'))).toBe(false)
    expect(searchSpace('time').map(({ path }) => path)).toContain('ranker.hidden')
  })
})

describe('what tuning may see', () => {
  test.each(ORDERS)('%s: whatever the evaluation asks for could be anything', (order) => {
    const dataset = world(order)
    const settings = defaultSettings(order)
    const other = {
      ...dataset,
      items: dataset.items.map((item, row) => (isTested(dataset, row) ? elsewhere(dataset, item) : item)),
    }
    const [a, b] = [validationProblem(dataset, settings), validationProblem(other, settings)]
    expect(other.items).not.toEqual(dataset.items)
    expect(b).toEqual(a)
  })

  test.each(ORDERS)('%s: the evaluation’s own data would be refused', (order) => {
    const dataset = world(order)
    expect(() => assertUntouched(dataset, dataset, defaultSettings(order))).toThrow(/Tuning would have seen/)
  })

  test('validation days end where the evaluation begins', () => {
    const dataset = world('time')
    const settings = defaultSettings('time')
    const [validation, evaluation] = [validationProblem(dataset, settings), testProblem(dataset, settings)]
    if (validation.kind !== 'daily' || evaluation.kind !== 'daily') throw new Error('not daily')
    expect(validation.end).toBeLessThanOrEqual(evaluation.cut)
    expect(validation.cut).toBeLessThan(validation.end)
  })
})

/** An item that none of the item's users has. */
function elsewhere({ catalogue }: Dataset, item: number): number {
  const id = `i${(Number(catalogue[item]!.id.slice(1)) + 10) % 30}`
  return catalogue.findIndex((other) => other.id === id)
}

/** Rows that the evaluation of `foryou train` asks for. */
function isTested(dataset: Dataset, row: number): boolean {
  if (dataset.order === 'time') return dataset.times[row]! >= cutsOf(dataset, defaultSettings('time')).cut
  const user = dataset.offsets.findLastIndex((offset) => offset <= row)
  if (dataset.order === 'sequence')
    return row === dataset.offsets[user + 1]! - 1 && lastOut(dataset).queries.some((q) => q.user === user)
  return strongGeneralisation(dataset, 1).queries.some((q) => q.user === user)
}

const cost = {
  rung: 'ranker',
  error: 0.01,
  queries: 100,
  bytes: 1000,
  milliseconds: 1,
  trainSeconds: 1,
} as const
const trials = (n: number): Trial[] =>
  Array.from({ length: n }, (_, number) => ({ number, settings: defaultSettings('time') }))

describe('successive halving', () => {
  test('asks a third as many about three times as much, and keeps the base to the end', async () => {
    const asked: [number, number][] = []
    const { finalists } = await successiveHalving(
      trials(27),
      {},
      async (some, share) => {
        asked.push([some.length, share])
        return some.map(({ number }): Measurement => ({ ...cost, ndcg: number / 100 }))
      },
      new Set([0]),
    )
    expect(asked).toEqual([
      [27, 1 / 9],
      [10, 1 / 3],
      [4, 1],
    ])
    expect(finalists.map(({ number }) => number)).toEqual([26, 25, 24, 0])
  })

  test.each([
    ['bytes', { bytes: 600 }, /^1 kB, budget 1 kB$/],
    ['seconds', { trainSeconds: 0.5 }, /of training/],
    ['milliseconds', { milliseconds: 0.5 }, /ms a slate/],
  ])('a broken budget of %s rejects at once, with the figure', async (_, budgets, why) => {
    const { finalists, rejected } = await successiveHalving(
      trials(3),
      budgets,
      async (some) => some.map(() => ({ ...cost, ndcg: 0.1 })),
      new Set(),
    )
    expect(finalists).toEqual([])
    expect(rejected).toHaveLength(3)
    expect(rejected[0]!.why).toMatch(why)
  })

  test('settings that fail are rejected, and the others go on', async () => {
    const { finalists, rejected } = await successiveHalving(
      trials(2),
      {},
      async (some) =>
        some.map(({ number }) => (number === 0 ? { failed: 'too few' } : { ...cost, ndcg: 0.1 })),
      new Set(),
    )
    expect(rejected).toMatchObject([{ number: 0, why: 'too few' }])
    expect(finalists.map(({ number }) => number)).toEqual([1])
  })

  test('few trials have fewer rungs', () => {
    expect(sharesFor(1)).toEqual([1])
    expect(sharesFor(5)).toEqual([1 / 3, 1])
    expect(sharesFor(40)).toEqual([1 / 9, 1 / 3, 1])
  })

  test('the smallest within one standard error of the best is chosen: worked by hand', () => {
    const measured = (number: number, ndcg: number, bytes: number) => ({
      ...trials(number + 1)[number]!,
      share: 1,
      result: { ...cost, ndcg, bytes, error: 0.01 },
    })
    const finalists = [measured(0, 0.1, 900), measured(1, 0.092, 400), measured(2, 0.089, 100)]
    expect(smallestWithinOneError(finalists)!.number).toBe(1) // .092 ≥ .1 − .01 > .089
    expect(smallestWithinOneError([])).toBeNull()
  })
})

test('standard errors count users, not queries: worked by hand', () => {
  // Mean .5; residual sums of the two users +1 and −1; 2/(2−1) · (1 + 1) / 4² = .25.
  const { ndcg, error } = clusteredError(Float64Array.of(1, 1, 0, 0), Int32Array.of(0, 0, 1, 1))
  expect(ndcg).toBe(0.5)
  expect(error).toBeCloseTo(0.5, 12)
})

describe('the journal', () => {
  const entry = (trial: number) => ({
    trial,
    share: 1,
    settings: defaultSettings('time'),
    result: { failed: 'x' },
  })

  test('drops a line that was cut off, and forgets another search', () => {
    const path = join(mkdtempSync(join(tmpdir(), 'foryou-journal-')), 'sub', 'j.jsonl')
    const first = openJournal(path, 'a')
    first.add(entry(0))
    first.add(entry(1))
    appendFileSync(path, '{"trial":2,"sha')
    const again = openJournal(path, 'a')
    expect(again.resumed).toBe(2)
    again.add(entry(2))
    expect(openJournal(path, 'a').find(2, 1)).toEqual(entry(2))
    expect(openJournal(path, 'b').resumed).toBe(0)
    expect(openJournal(path, 'a').resumed).toBe(0)
  })
})

describe('foryou tune', () => {
  const cwd = mkdtempSync(join(tmpdir(), 'foryou-tune-'))
  const journal = join(cwd, '.foryou', 'tune', 'log.jsonl')
  const lines = ['user_id,item_id,timestamp']
  const { users, catalogue, offsets, items, times } = world('time')
  for (let u = 0; u < users.length; u++)
    for (let r = offsets[u]!; r < offsets[u + 1]!; r++)
      lines.push(`${users[u]},${catalogue[items[r]!]!.id},${times[r]! / 1000}`)
  writeFileSync(join(cwd, 'log.csv'), lines.join('\n'))

  const run = (...argv: string[]) =>
    runForYou(cwd, ['tune', '--data', 'log.csv', '--trials', '4', '--threads', '1', ...argv])

  test('interrupted anywhere and started again, it ends with the same choice and asks nothing twice', async () => {
    const whole = await run('--out', 'whole.json')
    expect(whole.err).not.toContain('defect')
    expect(whole.code).toBe(0)
    expect(whole.out).toContain('NDCG@10 ± se')
    const written = readFileSync(join(cwd, 'whole.json'), 'utf8')
    const all = readFileSync(journal, 'utf8').split('\n')
    writeFileSync(journal, `${all.slice(0, 3).join('\n')}\n{"half a li`)
    const again = await run('--out', 'again.json')
    expect(again.err).toContain('Going on: 2 measurements')
    expect(readFileSync(join(cwd, 'again.json'), 'utf8')).toBe(written)
    expect(readFileSync(journal, 'utf8').split('\n')).toHaveLength(all.length)
  })

  test('a budget that nothing keeps ends with exit code 1 and writes nothing', async () => {
    const { code, out } = await run('--budget-bytes', '10', '--out', 'none.json')
    expect(code).toBe(1)
    expect(out).toContain('No trial stayed within the budgets')
    expect(out).toContain('budget 0 kB')
    expect(existsSync(join(cwd, 'none.json'))).toBe(false)
  })

  test('keeps what else a configuration holds, and training accepts the result', async () => {
    writeFileSync(join(cwd, 'mine.json'), JSON.stringify({ site: 'films', settings: { testDays: 10 } }))
    expect((await run('--config', 'mine.json', '--out', 'tuned.json')).code).toBe(0)
    expect(await readConfig(cwd, 'tuned.json')).toMatchObject({ site: 'films', settings: { testDays: 10 } })
  })
})
