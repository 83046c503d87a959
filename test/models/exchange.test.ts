import { existsSync, mkdtempSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { beforeAll, describe, expect, test } from 'vitest'
import { readColumns } from '../../models/exchange/readColumns.ts'
import { readSplit } from '../../models/exchange/readSplit.ts'
import { openParquet } from '../../models/ingest/parquetWriter.ts'
import { runForYou } from './runForYou.ts'

const cwd = mkdtempSync(join(tmpdir(), 'foryou-exchange-'))

async function run(...argv: string[]) {
  const result = await runForYou(cwd, argv)
  expect(result.err).not.toContain('defect')
  return result
}

/** 150 users in three groups, 10 items a group, 9 of them each in some order: a last item follows from the group. */
const sequences = Array.from({ length: 150 }, (_, u) => {
  const items = Array.from({ length: 9 }, (_, n) => `i${(u % 3) * 10 + ((u * 7 + n * 3) % 10)}`)
  return { user: `u${u}`, items }
})

beforeAll(async () => {
  writeFileSync(
    join(cwd, 'seq.txt'),
    sequences.map(({ user, items }) => [user, ...items].join(' ')).join('\n'),
  )
  const rows = sequences.flatMap(({ user, items }, u) =>
    items.map((item, n) => `${user},${item},${Date.UTC(2024, 0, 1 + ((u * 13 + n * 7) % 60)) / 1000 + n}`),
  )
  writeFileSync(join(cwd, 'log.csv'), ['user_id,item_id,timestamp', ...rows].join('\n'))
  expect(
    (await run('evaluate', '--sequences', 'seq.txt', '--split-out', 'split', '--slates', 's.parquet')).code,
  ).toBe(0)
  expect((await run('evaluate', '--data', 'log.csv', '--split-out', 'daily')).code).toBe(0)
}, 20_000)

describe('a written split', () => {
  test('holds what may be learned, what is asked and what may be folded in; last items stay out of the first', async () => {
    const train = await readColumns(join(cwd, 'split', 'train.parquet'), ['user', 'item', 'validation'])
    const asked = await readColumns(join(cwd, 'split', 'test.parquet'), ['query', 'user', 'item'])
    expect(asked).toHaveLength(150)
    expect(train).toHaveLength(150 * 8)
    const known = new Set(train.map(([user, item]) => `${user} ${item}`))
    for (const [, user, item] of asked) expect(known.has(`${user} ${item}`)).toBe(false)
    // The item before the last is what settings are chosen on.
    expect(train.filter(([, , hidden]) => hidden === 'true')).toHaveLength(150)
  })

  test('reads back as it was: questions, histories, order', async () => {
    const { questions, data, facts } = await readSplit(join(cwd, 'split'), 'test')
    expect(facts).toMatchObject({ order: 'sequence', queries: { test: 150, validation: 150 } })
    expect(data.items).toHaveLength(150 * 8)
    for (const { user, history, relevant } of questions) {
      const { items } = sequences.find((s) => s.user === user)!
      expect(history.map(({ item }) => item)).toEqual(items.slice(0, 8))
      expect(relevant).toEqual(items.slice(8))
    }
    const validation = await readSplit(join(cwd, 'split'), 'validation')
    expect(validation.data.items).toHaveLength(150 * 7)
    expect(validation.questions[0]!.history).toHaveLength(7)
  })

  test('with times: nothing of training is at or after the cut, histories are strictly earlier', async () => {
    const { questions, from, data } = await readSplit(join(cwd, 'daily'), 'test')
    const train = await readColumns(join(cwd, 'daily', 'train.parquet'), ['time'])
    expect(questions.length).toBeGreaterThan(50)
    for (const [time] of train) expect(Number(time)).toBeLessThan(from!)
    for (const { at, history } of questions) {
      expect(at).toBeGreaterThanOrEqual(from!)
      for (const step of history) expect(step.at).toBeLessThan(at)
    }
    expect(data.items.length).toBeGreaterThan(train.length)
  })
})

describe('foreign scores', () => {
  test('our own slates, given back, come to our own figures', async () => {
    const own = JSON.parse((await run('evaluate', '--sequences', 'seq.txt', '--json')).out)
    const given = JSON.parse(
      (await run('evaluate', '--scores', 's.parquet', '--split', 'split', '--json')).out,
    )
    const last = Object.keys(own).find((name) => own[name].chosen === 1)!
    for (const metric of ['ndcg@10', 'recall@20', 'mrr', 'coverage@20'])
      expect(given.metrics.scores[metric]).toBeCloseTo(own[last][metric], 12)
    expect(given.metrics.popularity['ndcg@10']).toBeCloseTo(own.popularity['ndcg@10'], 12)
    expect(given.unanswered).toBe(0)
  })

  test('a perfect answer has an NDCG of 1 and no baseline above it, in CSV as well', async () => {
    const answers = sequences.map(({ user, items }) => `${user},${items[8]},1`)
    writeFileSync(join(cwd, 'perfect.csv'), ['user,item,score', ...answers].join('\n'))
    const { out } = await run('evaluate', '--scores', 'perfect.csv', '--split', 'split', '--json')
    const { metrics, gain } = JSON.parse(out)
    expect(metrics.scores['ndcg@10']).toBe(1)
    expect(gain.low).toBeGreaterThanOrEqual(0)
    expect(metrics.popularity['ndcg@10']).toBeLessThan(0.5)
  })

  test('seen items are masked, silence counts as missed, what names nothing is counted', async () => {
    const [first] = sequences
    const rows = [
      `${first!.user},${first!.items[0]},9`, // seen
      `${first!.user},${first!.items[8]},8`, // the answer, first once the seen one is gone
      'nobody,i1,7',
      `${first!.user},i29,many`,
    ]
    writeFileSync(join(cwd, 'odd.csv'), ['user,item,score', ...rows].join('\n'))
    const { out } = await run('evaluate', '--scores', 'odd.csv', '--split', 'split', '--json')
    const scored = JSON.parse(out)
    expect(scored).toMatchObject({ masked: 1, unused: 2, unanswered: 149 })
    expect(scored.metrics.scores['ndcg@10']).toBeCloseTo(1 / 150, 12)
  })

  test('with times they are numbered by question, and stand beside popularity of the same midnight', async () => {
    const { questions } = await readSplit(join(cwd, 'daily'), 'test')
    const path = join(cwd, 'daily.parquet')
    const file = await openParquet(path, { query: 'INTEGER', item: 'VARCHAR', rank: 'INTEGER' })
    for (const { query, relevant } of questions) file.add([query, relevant[0]!, 1])
    await file.close()
    const { out, code } = await run('evaluate', '--scores', 'daily.parquet', '--split', 'daily', '--json')
    expect(code).toBe(0)
    const { metrics, queries } = JSON.parse(out)
    expect(queries).toBe(questions.length)
    expect(metrics.scores['ndcg@10']).toBe(1)
    expect(metrics.popularity['recall@100']).toBeGreaterThan(0.9)
  })

  test.each([
    ['no score', 'user,item\nu1,i1\n', /neither a "score" nor a "rank"/],
    ['no item', 'user,score\nu1,1\n', /no column "item"/],
    ['nothing of the split', 'user,item,score\nx,i1,1\n', /answers no question/],
  ])('%s: refused, with what is missing', async (_, text, message) => {
    writeFileSync(join(cwd, 'bad.csv'), text)
    const { code, err } = await run('evaluate', '--scores', 'bad.csv', '--split', 'split')
    expect(code).toBe(1)
    expect(err).toMatch(message)
  })

  test('a folder that is no split says how to make one', async () => {
    const { code, err } = await run('evaluate', '--scores', 's.parquet', '--split', '.')
    expect(code).toBe(1)
    expect(err).toContain('--split-out')
  })
})

test('slates as Parquet: user, item, rank from 1, score falling', async () => {
  const rows = await readColumns(join(cwd, 's.parquet'), ['user', 'item', 'rank', 'score'])
  const mine = rows.filter(([user]) => user === 'u0')
  expect(mine.map(([, , rank]) => Number(rank))).toEqual(mine.map((_, r) => r + 1))
  const scores = mine.map(([, , , score]) => Number(score))
  expect(scores).toEqual(scores.toSorted((a, b) => b - a))
  expect(existsSync(join(cwd, 's.parquet'))).toBe(true)
})
