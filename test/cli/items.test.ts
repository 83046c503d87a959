import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { writeBundle } from '../../models/build/builtBundle.ts'
import { ensureKeys } from '../../models/publish/keys.ts'
import { DAY_MS } from '../../shared/domain/clock.ts'
import { builtRelease } from '../models/memoryEdge.ts'
import { runForYou } from '../models/runForYou.ts'
import { checkerboard, T0 } from '../worlds.ts'

const cwd = mkdtempSync(join(tmpdir(), 'foryou-items-'))
const board = checkerboard()

/** The command line as a person uses it, on a folder as the edge. */
function run(...argv: string[]) {
  return runForYou(cwd, [...argv, '--to', 'cdn'], cwd, { now: () => T0 + 41 * DAY_MS })
}
const popular = () => readFileSync(join(cwd, 'cdn/v1/popular'), 'utf8')

beforeAll(async () => {
  await ensureKeys(cwd)
  await writeBundle(await builtRelease(board, T0 + 40 * DAY_MS, 'foryou'), join(cwd, 'release'))
  await writeBundle(await builtRelease(board, T0 + 39 * DAY_MS, 'foryou'), join(cwd, 'earlier'))
  expect(await run('publish', 'release', '--no-scripts')).toMatchObject({ code: 0 })
})
afterAll(() => rmSync(cwd, { recursive: true }))

describe('foryou items', () => {
  test('says what is so, and what a change has come to', async () => {
    expect((await run('items')).out).toMatch(/^No item is withdrawn, added or changed on .*cdn, head 1\.$/)
    const first = await run('items', 'withdraw', 'i04', ' i05 ', 'typo', '--reason', 'recalled')
    expect(first).toMatchObject({ code: 0, err: '"typo" is in no live catalogue: is that the whole id?' })
    expect(first.out).toMatch(
      /^ {2}withdrawn {2}i04 {3}Title i04\n.*\n.*\n3 withdrawn, 0 added, 0 changed; \d{3} of 65,536 bytes\.\nLive on .*cdn, head 2, /,
    )
    expect(popular()).not.toContain('i04')
    const restored = await run('items', 'restore', 'i05', 'typo')
    expect(restored).toMatchObject({ err: '', out: expect.stringContaining('1 withdrawn') })
    expect((await run('items', 'restore', 'typo')).err).toContain('"typo" is in no live catalogue')
    expect((await run('items', 'price', 'i03', '19.90')).out).toContain(
      'changed    i03  Title i03: price 19.9',
    )
    const added = await run(
      'items',
      'add',
      '--id',
      'n1',
      '--title',
      'New',
      '--attributes',
      'Genres=Even|Odd, mood=calm',
    )
    expect(added.out).toContain('added      n1   New, 2 terms')
    const list = JSON.parse((await run('items', 'list', '--json')).out)
    expect(list).toMatchObject({
      seq: 5,
      withdrawn: ['i04'],
      items: [
        {
          id: 'n1',
          details: { title: 'New', attributes: { genre: ['Even', 'Odd'], mood: ['calm'] } },
          terms: [
            ['genre', 'Even', 180],
            ['genre', 'Odd', 180],
          ],
        },
        { id: 'i03', details: { price: 19.9 } },
      ],
    })
    expect((await run('status')).out).toContain('foryou items list')
    expect((await run('items', 'withdraw', 'i04')).out).toContain('Nothing had to be changed')
  })

  test('has the popular lists of another bundle rendered anew by what makes it live', async () => {
    await run('publish', 'earlier', '--no-scripts')
    const promoted = await run('promote', 'earlier')
    expect(promoted).toMatchObject({ code: 0 })
    expect(promoted.err).toContain('The popular lists were rendered anew')
    expect(popular()).not.toContain('i04')
    expect(popular()).toContain('i06')
    expect((await run('rollback')).err).toContain('rendered anew')
    expect(popular()).not.toContain('i04')
    expect((await run('items', 'clear')).out).toContain('0 withdrawn, 0 added, 0 changed; 0 of')
    expect(popular()).toContain('i04')
    expect((await run('promote', 'earlier')).err).toBe('')
  })

  test('shows the beginning of a long list after a change, and all of it when asked', async () => {
    const many = Array.from({ length: 25 }, (_, i) => `gone-${i}`)
    expect((await run('items', 'withdraw', ...many)).out).toMatch(
      /… and 5 more: foryou items list\n25 withdrawn/,
    )
    expect((await run('items')).out.split('\n')).toHaveLength(27)
    await run('items', 'clear')
  })

  test('uses the good rows of a file', async () => {
    writeFileSync(join(cwd, 'new.csv'), 'sku,title,genre\nn2,Two,Odd\n,Nobody,Odd\n')
    const { code, err, out } = await run('items', 'add', 'new.csv', '--json')
    expect(code).toBe(0)
    expect(err).toContain('new.csv:3 no item')
    expect(JSON.parse(out).items).toMatchObject([{ id: 'n2', terms: [['genre', 'Odd', 255]] }])
    const hidden = await run('items', 'withdraw', 'n2')
    expect(hidden.err).toBe('')
    expect((await run('items', 'add', 'new.csv')).err).toContain('"n2" is withdrawn and stays so')
  })

  test.each([
    [['dance'], 'There is no "foryou items dance"'],
    [['withdraw'], 'takes one id or more'],
    [['list', 'x'], 'takes no further argument'],
    [['price', 'i03'], 'takes an id and a price'],
    [['price', 'i03', 'much'], '"much" is not a price'],
    [['add'], 'takes a file, or --id and --title'],
    [['add', 'a.csv', 'b.csv'], 'takes one file'],
    [['add', '--id', 'x'], '--title is missing'],
    [['add', '--id', 'x', '--title', 'X', '--attributes', 'genre'], 'is not NAME=VALUE'],
    [['add', '--id', 'x', '--title', 'X', '--price', 'free'], '--price must be a number'],
  ])('refuses %j, saying what is wrong', async (argv, why) => {
    const { code, err } = await run('items', ...argv)
    expect([code, err]).toEqual([2, expect.stringContaining(why)])
  })

  test.each([
    [['price', 'nobody', '1'], 'is in no live catalogue'],
    [['add', 'absent.csv'], 'absent.csv'],
  ])('fails with %j, and nothing has changed', async (argv, why) => {
    const before = (await run('items', 'list', '--json')).out
    const { code, err } = await run('items', ...argv)
    expect([code, err]).toEqual([1, expect.stringContaining(why)])
    expect((await run('items', 'list', '--json')).out).toBe(before)
  })
})
