import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import type { Io } from '../../models/cli/command.ts'
import { main } from '../../models/cli/main.ts'
import { ingestFolder, NOW } from './ingestFolder.ts'

async function foryou(folder: string, ...argv: string[]) {
  const out: string[] = []
  const notes: string[] = []
  const io: Io = {
    out: (line = '') => out.push(line),
    note: (line) => notes.push(line),
    env: {},
    cwd: folder,
    root: folder,
    interactive: false,
    now: () => NOW,
  }
  const code = await main(argv, io)
  return { code, out: out.join('\n'), notes: notes.join('\n') }
}

const DAY = 86_400
const LAST = 1_700_000_000
/** a: one perfect rating; b: many good ones, long ago; c: many middling ones, lately. */
const RATINGS = [
  'user_id,movie_id,rating,timestamp',
  `u0,a,5,${LAST - 30 * DAY}`,
  ...Array.from({ length: 9 }, (_, i) => `u${i},b,${i < 6 ? 5 : 4},${LAST - 40 * DAY}`),
  ...Array.from({ length: 8 }, (_, i) => `u${i},c,3,${LAST - i}`),
].join('\n')
const order = (list: { top: { item: string }[] }) => list.top.map(({ item }) => item).join('')

describe('foryou baseline', () => {
  test('ranks by mean, shrunken mean, count and trend, each with its own winner', async () => {
    const folder = await ingestFolder({ 'r.csv': RATINGS })
    const { code, out } = await foryou(folder, 'baseline', 'r.csv', '--json')
    const result = JSON.parse(out)
    expect(code).toBe(0)
    expect(result).toMatchObject({ file: join(folder, 'r.csv'), rows: 18, used: 18, users: 9, items: 3 })
    expect(order(result.mean)).toBe('abc')
    expect(order(result.shrunkenMean)).toBe('bac')
    expect(order(result.count)).toBe('bca')
    expect(order(result.trend)).toBe('cba')
    // μ = (5 + 42 + 24) / 18, m = 18 / 3
    const μ = 71 / 18
    expect(result.mean.top[0]).toEqual({ item: 'a', title: 'a', score: 5, n: 1 })
    expect(result.shrunkenMean.top[0].score).toBeCloseTo((42 + 6 * μ) / 15, 10)
    expect(result.shrunkenMean.top[1].score).toBeCloseTo((5 + 6 * μ) / 7, 10)
    expect(result.trend.top[1].score).toBeCloseTo(9 * 2 ** (-40 / 7), 5)
  })

  test('prints aligned tables with titles where a catalogue lies beside', async () => {
    const items = 'item,title,year\na,Amélie,2001\nb,Brazil,1985\nc,七人の侍,1954\n'
    const folder = await ingestFolder({ 'shop/ratings.csv': RATINGS, 'shop/items.csv': items })
    const { code, out } = await foryou(folder, 'baseline', 'shop/ratings.csv', '--top', '2')
    expect(code).toBe(0)
    expect(out).toContain('m = 6.0')
    expect(out).toContain('μ = 3.94')
    expect(out).toContain(
      [
        '#  item  title            count',
        '─  ────  ───────────────  ─────',
        '1  b     Brazil (1985)        9',
      ].join('\n'),
    )
    expect(out).toContain('1  c     七人の侍 (1954)    8.0      8')
  })

  test('says what is missing for mean and trend', async () => {
    const folder = await ingestFolder({
      'r.csv': 'user,item\nu,a\nv,a\nv,b\n',
      'q.csv': 'user,item,quantity\nu,a,9\n',
    })
    const { out } = await foryou(folder, 'baseline', 'r.csv')
    expect(out.match(/Not possible: the file has no ratings/g)).toHaveLength(2)
    expect(out).toContain('Not possible: the file has no times. A column such as "timestamp" would bring it.')
    expect(out).toMatch(/1 {2}a +2\n2 {2}b +1\n/)
    expect((await foryou(folder, 'baseline', 'q.csv')).out).toContain(
      'Not possible: quantities are no ratings.',
    )
  })

  test('a damaged file stops with exit code 1 and the lines, and goes on where that is allowed', async () => {
    const folder = await ingestFolder({ 'r.csv': `${RATINGS}\nu1,a\n` })
    const refused = await foryou(folder, 'baseline', 'r.csv')
    expect(refused).toMatchObject({ code: 1, out: '' })
    expect(refused.notes).toContain(`${join(folder, 'r.csv')}:20 wrong number of columns: u1,a`)
    const allowed = await foryou(folder, 'baseline', 'r.csv', '--allow-bad')
    expect(allowed.code).toBe(0)
    expect(allowed.notes).toContain('r.csv:20 wrong number of columns: u1,a')
  })

  test('columns with other names are mapped', async () => {
    const folder = await ingestFolder({ 'r.csv': 'who,what,points\nu,a,3\nu,b,4\n' })
    const { out } = await foryou(
      folder,
      'baseline',
      'r.csv',
      '--columns',
      'user=who,item=what,rating=points',
      '--json',
    )
    expect(order(JSON.parse(out).mean)).toBe('ba')
  })

  test.each([
    [['baseline'], 'An argument is missing.'],
    [['baseline', 'r.csv', 'more'], 'Unexpected argument "more".'],
    [['baseline', 'r.csv', '--top', '0'], '--top must be at least 1.'],
    [['baseline', 'r.csv', '--columns', 'user'], '--columns does not understand "user".'],
  ])('bad usage: %j', async (argv, message) => {
    const folder = await ingestFolder({ 'r.csv': RATINGS })
    const { code, notes } = await foryou(folder, ...argv)
    expect(code).toBe(2)
    expect(notes).toContain(message)
  })
})

describe('foryou data', () => {
  test('lists what is found and what is not', async () => {
    const folder = await ingestFolder({ 'data/mine/views.csv': 'user,item\nu,i\n' })
    const { code, out } = await foryou(folder, 'data')
    expect(code).toBe(0)
    expect(out).toMatch(/^mine +your own +data\/mine\/views\.csv$/m)
    expect(out).toMatch(/^movietweetings .* not found$/m)
    expect(out).toMatch(/^synthetic .* built in$/m)
    expect(out).toContain('Looked in data, .cache/data.')
  })

  test('describes one: rows, users, items, time span, what was rejected', async () => {
    const rows = Array.from({ length: 150 }, (_, i) => `u${i % 9},i${i % 4},4,${LAST + i}`)
    const text = ['user,item,rating,timestamp', ...rows, 'u1,i1,x,1'].join('\n')
    const folder = await ingestFolder({ 'data/mine/ratings.csv': text })
    const { out, notes } = await foryou(folder, 'data', 'mine')
    expect(out).toMatch(/^rows +151, 150 used$/m)
    expect(out).toMatch(/^users +9$/m)
    expect(out).toMatch(/^items +4, 0 of them without an interaction$/m)
    expect(out).toMatch(/^time +2023-11-14T22:13:20\.000Z to 2023-11-14T22:15:49\.000Z$/m)
    expect(out).toMatch(/^not used +1 rows: rating is not a number$/m)
    expect(out).toMatch(/^fingerprint +[0-9a-f]{64}$/m)
    expect(notes).toContain('ratings.csv:152 rating is not a number: x')
    const json = JSON.parse((await foryou(folder, 'data', 'mine', '--json')).out)
    expect(json).toMatchObject({ users: 9, items: 4, ingest: { rows: 151, used: 150 } })
  })
})
