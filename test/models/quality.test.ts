import { describe, expect, test } from 'vitest'
import { dataRules, type GivenRules } from '../../models/dataRules.ts'
import { loadDataset } from '../../models/ingest/loadDataset.ts'
import { assessQuality } from '../../models/quality/assessQuality.ts'
import type { DataQuality } from '../../models/quality/dataQuality.ts'
import { DAY_MS } from '../../shared/domain/clock.ts'
import { ingestFolder, NOW, placesIn } from './ingestFolder.ts'

const START = 1_700_000_000
const HEADER = 'user,item,rating,timestamp'
/** 60 users with 20 ratings each over 100 days, 1 to 5; every row different, nobody in a hurry. */
const SOUND = Array.from({ length: 1200 }, (_, i) => {
  const [user, step] = [i % 60, Math.floor(i / 60)]
  return `u${user},i${(user * 7 + step * 3) % 80},${1 + ((user + step) % 5)},${START + step * 432_000 + ((user * 7919 + step * 104_729) % 86_400)}`
})
const ITEMS = `item,title,genres\n${Array.from({ length: 80 }, (_, i) => `i${i},Title ${i},${i % 2 ? 'Drama' : 'Comedy'}`).join('\n')}\n`

async function assess(
  rows: readonly string[],
  options: { rules?: GivenRules; items?: string; header?: string } = {},
): Promise<DataQuality> {
  const folder = await ingestFolder({
    'shop/ratings.csv': [options.header ?? HEADER, ...rows].join('\n'),
    ...(options.items === undefined ? {} : { 'shop/items.csv': options.items }),
  })
  const dataset = await loadDataset('shop', { ...placesIn(folder), allowBad: true })
  return assessQuality(dataset, dataRules(options.rules), NOW)
}

const rule = (quality: DataQuality, name: string) => quality.rules.find((result) => result.rule === name)!

describe('sound data', () => {
  test('breaks no rule, and supports what it can', async () => {
    const quality = await assess(SOUND, { items: ITEMS })
    expect(quality.rules.filter(({ broken }) => broken)).toEqual([])
    expect(quality).toMatchObject({
      ok: true,
      rows: 1200,
      used: 1200,
      columns: { user: 'user', item: 'item', value: 'rating', time: 'timestamp' },
      volume: { users: 60, items: 80, interactions: 1200, perUser: { min: 20, median: 20, max: 20 } },
      time: { unit: 'seconds', resolution: 'second' },
      values: { min: 1, median: 3, max: 5, scale: [0, 5], outOfRange: 0 },
      bots: { users: 0, share: 0 },
      match: { catalogue: 80, unknownItems: 0, unseenItems: 0 },
      drift: { days: 28 },
    })
    const { perUser, values, overTime } = quality.distributions
    expect(perUser.filter(({ count }) => count > 0)).toEqual([{ label: '17–32', count: 60 }])
    expect(values).toEqual(['1', '2', '3', '4', '5'].map((label) => ({ label, count: 240 })))
    expect(overTime!.counts.reduce((sum, count) => sum + count, 0)).toBe(1200)
    expect(quality.volume.density).toBeCloseTo(1200 / (60 * 80), 10)
    const ready = Object.fromEntries(quality.readiness.map(({ what, ready }) => [what, ready]))
    expect(ready).toMatchObject({
      popularity: 'yes',
      'trending and new': 'yes',
      'personal popularity': 'yes',
      'similar by content': 'yes',
      'correction for position bias': 'no',
    })
    expect(quality.verdict).toMatch(/^Fit to train on: it supports popularity, trending and new, /)
  })

  test('without times, order and items says what is missing and what it would take', async () => {
    const quality = await assess(
      SOUND.map((row) => row.split(',').slice(0, 2).join(',')),
      { header: 'user,item' },
    )
    expect(quality).toMatchObject({ time: null, values: null, match: null, drift: null })
    for (const { ready, takes } of quality.readiness)
      expect(ready === 'yes' || takes !== undefined).toBe(true)
    const no = quality.readiness.filter(({ ready }) => ready === 'no').map(({ what }) => what)
    expect(no).toEqual(
      expect.arrayContaining([
        'trending and new',
        'similar by content',
        'ranker',
        'evaluation on later days',
      ]),
    )
    expect(rule(quality, 'maxDuplicateShare').actual).toBeNull()
  })
})

describe('a broken rule names its lines', () => {
  test('rows that cannot be used', async () => {
    const quality = await assess([...SOUND, ...Array(20).fill('u1,i1,bad,1700000000')])
    expect(rule(quality, 'maxBadShare')).toMatchObject({ broken: true, count: 20, severity: 'fail' })
    expect(rule(quality, 'maxBadShare').faults[0]).toEqual({
      line: 1202,
      value: 'rating is not a number: bad',
    })
    expect(quality.ok).toBe(false)
    expect(quality.verdict).toBe('Not fit to train on: a rule is broken (maxBadShare).')
  })

  test('times in the future, and negative ones', async () => {
    const future = Array(5).fill('u1,i1,3,1900000000')
    const quality = await assess([...SOUND, ...future, 'u1,i1,3,-7'])
    expect(rule(quality, 'maxFutureShare')).toMatchObject({ broken: true, count: 5 })
    expect(rule(quality, 'maxFutureShare').faults.map(({ line }) => line)).toEqual([
      1202, 1203, 1204, 1205, 1206,
    ])
    expect(quality.rejected).toMatchObject({ 'time is negative': 1, 'time in the future': 5 })
  })

  test('duplicates', async () => {
    const quality = await assess([...SOUND, ...SOUND.slice(0, 300)])
    expect(rule(quality, 'maxDuplicateShare')).toMatchObject({ broken: true, actual: 300 / 1500, count: 300 })
    // The later of two equal rows is the one that repeats.
    expect(rule(quality, 'maxDuplicateShare').faults.map(({ line }) => line)).toEqual([
      1202, 1203, 1204, 1205, 1206,
    ])
  })

  test('ratings outside their scale: the usual one that 99 % keep to, or the one that is given', async () => {
    const rows = SOUND.map((row, i) => (i === 10 || i === 20 ? row.replace(/,\d,/, ',50,') : row))
    const told = await assess(rows)
    expect(rule(told, 'maxOutOfRangeShare')).toMatchObject({
      broken: true,
      faults: [
        { line: 12, value: '50' },
        { line: 22, value: '50' },
      ],
    })
    const given = await assess(SOUND, { rules: { ratingRange: [1, 4] } })
    expect(rule(given, 'maxOutOfRangeShare')).toMatchObject({ broken: true, count: 240 })
  })

  test('items that the items file lacks, and those nobody touched', async () => {
    const items = ITEMS.replace(/^i7,.*$/m, 'j7,Other,Drama').replace(/^i9,.*$/m, 'j9,Other,Drama')
    const quality = await assess(SOUND, {
      items,
      rules: { maxUnknownItemShare: 0.01, maxUnseenItemShare: 0.02 },
    })
    expect(quality.match).toMatchObject({
      catalogue: 80,
      unknownItems: 2,
      unseenItems: 2,
      unseenExamples: ['j7', 'j9'],
    })
    const { broken, faults } = rule(quality, 'maxUnknownItemShare')
    expect(broken).toBe(true)
    const firstLine = (item: string) => 2 + SOUND.findIndex((row) => row.split(',')[1] === item)
    expect(faults).toEqual(
      ['i7', 'i9'].map((value) => ({ line: firstLine(value), value })).sort((a, b) => a.line - b.line),
    )
    expect(rule(quality, 'maxUnseenItemShare')).toMatchObject({ broken: true, severity: 'warn' })
    expect(quality.ok).toBe(false)
  })

  test('what was left out of the items file is said', async () => {
    const quality = await assess(SOUND, { items: `${ITEMS}i1,Again,Drama\n,No id,Drama\n` })
    expect(quality.notes.join(' ')).toMatch(/1 rows without a usable id.* 1 rows repeat an id/)
  })

  test('too little only warns', async () => {
    const quality = await assess(SOUND.slice(0, 30))
    expect(quality.rules.filter(({ broken }) => broken).map(({ rule }) => rule)).toEqual([
      'minUsers',
      'minInteractions',
    ])
    expect(quality.ok).toBe(true)
  })

  test('limits and severities are as they are given', async () => {
    const quality = await assess(SOUND, {
      rules: { minUsers: { severity: 'fail', limit: 61 }, maxAgeDays: 1, maxBotShare: { severity: 'off' } },
    })
    expect(rule(quality, 'minUsers')).toMatchObject({ broken: true, severity: 'fail' })
    expect(rule(quality, 'maxAgeDays')).toMatchObject({ broken: true, severity: 'fail' })
    expect(rule(quality, 'maxBotShare')).toBeUndefined()
  })
})

describe('users who look like bots', () => {
  const plain = SOUND.map((row) => row.replace(/,(\d),/, ','))
  const withUser = async (rows: readonly string[]) =>
    (await assess([...plain, ...rows], { header: 'user,item,timestamp' })).bots

  test.each<[string, readonly string[], RegExp | null]>([
    [
      '31 moments within a minute',
      Array.from({ length: 31 }, (_, i) => `bot,i${i},${START + i}`),
      /^more than 30 moments/,
    ],
    ['30 moments within a minute', Array.from({ length: 30 }, (_, i) => `bot,i${i},${START + i}`), null],
    ['a basket of 90 items in one moment', Array.from({ length: 90 }, (_, i) => `bot,b${i},${START}`), null],
    [
      '1001 in a day',
      Array.from(
        { length: 1001 },
        (_, i) => `bot,b${i},${START - (START % 86_400) + Math.floor(i / 13) * 600 + (i % 13)}`,
      ),
      /^more than 1,000 interactions on 2023-11-14/,
    ],
    [
      'every hour on the minute',
      Array.from({ length: 60 }, (_, i) => `bot,i${i},${START + i * 3600}`),
      /^59 of 59 gaps are 3600 s/,
    ],
    [
      'as often, but when they like',
      Array.from({ length: 60 }, (_, i) => `bot,i${i},${START + i * 3600 + ((i * i * 37) % 1700)}`),
      null,
    ],
    [
      'most of the catalogue',
      Array.from(
        { length: 320 },
        (_, i) => `bot,${i < 80 ? 'i' : 'b'}${i},${START + i * 5000 + ((i * i * 37) % 1700)}`,
      ),
      /^touched 320 of 320 items/,
    ],
  ])('%s', async (_, rows, why) => {
    const { users, suspects, interactions } = await withUser(rows)
    expect(users).toBe(why ? 1 : 0)
    if (!why) return
    expect(suspects[0]).toMatchObject({ user: 'bot', line: 1202, why: expect.stringMatching(why) })
    expect(interactions).toBe(rows.length)
  })
})

test('trouble with text is counted, with an example', async () => {
  const rows = ['u1, i1 ,3', 'u2,cafe\u0301,3', 'u3,ABC,3', 'u3,abc,3', 'u4,MÃ¼nchen,3', 'u5,donâ€™t,3']
  const folder = await ingestFolder({ 'a.csv': `\uFEFFuser,item,rating\n${rows.join('\n')}\n` })
  const { text } = assessQuality(await loadDataset('a.csv', placesIn(folder)), dataRules(), NOW)
  expect(text).toMatchObject({
    bom: true,
    trimmed: 1,
    composed: 1,
    spellingExample: ' i1 ',
    caseTwins: 1,
    twinExamples: [['ABC', 'abc']],
    mojibake: 2,
  })
})

describe('drift between the last two periods', () => {
  /** 90 days with 20 interactions each; `item` says which. */
  const days = (item: (day: number, i: number) => number, rating = (_: number) => 3) =>
    Array.from({ length: 90 * 20 }, (_, n) => {
      const [day, i] = [Math.floor(n / 20), n % 20]
      return `u${(n * 13) % 97},i${item(day, i)},${rating(day)},${START + day * 86_400 + i * 600}`
    })

  test('none where both periods are alike', async () => {
    const { drift } = await assess(days((_, i) => i))
    expect(drift).toMatchObject({ days: 28, commonItems: 1, knownShare: 1 })
    expect(drift!.earlier.to).toBe(drift!.later.from)
    expect(drift!.later.to - drift!.later.from).toBe(28 * DAY_MS)
    for (const { psi, word } of drift!.drifts) {
      expect(psi).toBeLessThan(0.05)
      expect(word).toBe('stable')
    }
  })

  test('of items and ratings where the last 28 days are others', async () => {
    const { drift, rules } = await assess(
      days(
        (day, i) => (day < 62 ? i : i + 10),
        (day) => (day < 62 ? 3 : 5),
      ),
    )
    expect(drift!.drifts.filter(({ word }) => word === 'changed').map(({ what }) => what)).toEqual([
      'popularity of items',
      'ratings',
    ])
    expect(drift!.commonItems).toBeLessThan(0.5)
    expect(rules.find(({ rule }) => rule === 'maxDrift')).toMatchObject({ broken: true, severity: 'warn' })
  })

  test('PSI by hand: shares .75/.25 against .25/.75 are ln 3', async () => {
    const twoItems = days((day, i) => (day < 62 ? (i < 15 ? 0 : 1) : i < 5 ? 0 : 1))
    // The 28 days end with the last interaction, not at midnight: keep them apart with whole days.
    const { drift } = await assess(twoItems)
    expect(drift!.drifts[0]!.psi).toBeCloseTo(Math.log(3), 1)
  })

  test('is not told from three days', async () => {
    expect((await assess(days((_, i) => i).slice(0, 40))).drift).toBeNull()
  })
})
