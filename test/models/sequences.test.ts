import { mkdtempSync, readFileSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import fc from 'fast-check'
import { beforeAll, describe, expect, test } from 'vitest'
import { chooseTransitions, nextItemNdcg } from '../../models/pipeline/chooseTransitions.ts'
import { evaluateSequences } from '../../models/pipeline/evaluateSequences.ts'
import { train } from '../../models/pipeline/train.ts'
import { tunedSettings } from '../../models/pipeline/tunedSettings.ts'
import { seededRandom } from '../../models/random.ts'
import { defaultSettings, NO_FLOORS } from '../../models/settings.ts'
import { cutsOf } from '../../models/split/cuts.ts'
import { lastOut } from '../../models/split/foldInSplits.ts'
import { lastSteps } from '../../models/split/lastSteps.ts'
import { datasetOf } from '../worlds.ts'

const ITEMS = 40

/** Walks on a ring that mostly go on by one or two, without repeats: order is everything here, company nothing. */
function walks(users: number, length: number, seed = 1): string[][] {
  const random = seededRandom(seed)
  return Array.from({ length: users }, () => {
    let at = Math.floor(random() * ITEMS)
    const walk = new Set([at])
    while (walk.size < length) {
      at = random() < 0.7 ? (at + 1 + Math.floor(random() * 2)) % ITEMS : Math.floor(random() * ITEMS)
      walk.add(at)
    }
    return Array.from(walk, (i) => `i${String(i).padStart(2, '0')}`)
  })
}

const world = (lines: readonly string[][]) =>
  datasetOf(
    lines.flatMap((line, u) =>
      line.map((item, day) => ({ user: `u${String(u).padStart(3, '0')}`, item, day })),
    ),
    undefined,
    'sequence',
  )

describe('the last steps of a sequence', () => {
  test('are hidden from what is earlier; histories hold everything before each, and never the target', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 6 }), fc.integer({ min: 2, max: 14 }), (steps, length) => {
        const dataset = world(walks(5, length))
        const { earlier, events } = lastSteps(dataset, steps)
        const hidden = Math.min(steps, Math.floor(length / 3))
        expect(earlier.items.length).toBe(5 * (length - hidden))
        expect(events.length).toBe(5 * hidden)
        for (const { row, user, target, history } of events) {
          expect(history.length).toBe(row - dataset.offsets[user]!)
          expect(history.map(({ item }) => item)).not.toContain(target)
          expect(row).toBeGreaterThanOrEqual(dataset.offsets[user]! + length - hidden)
        }
      }),
      { numRuns: 30 },
    )
  })

  test('a step that repeats an item is no question', () => {
    const { events } = lastSteps(world([['a', 'b', 'c', 'd', 'e', 'a']]), 2)
    expect(events.map(({ target }) => target)).toEqual(['e'])
  })
})

describe('choosing transitions', () => {
  const dataset = world(walks(200, 12))
  const { training, queries } = lastOut(dataset)
  const indexOf = new Map(training.catalogue.map(({ id }, i) => [id, i]))
  const questions = queries.map(({ history, relevant }) => ({
    history: Int32Array.from(history.toReversed(), ({ item }) => indexOf.get(item)!),
    next: indexOf.get(relevant[0]!)!,
  }))

  test('finds that direction matters where it does', () => {
    const given = { ...defaultSettings('sequence'), floors: NO_FLOORS }
    const { transitions, ndcg } = chooseTransitions(training, questions, given)
    expect(transitions.backward).toBeLessThan(0.4)
    expect(ndcg).toBeGreaterThan(0.35)
  })

  test('counts NDCG as a naive ranking does, ties to the lower index', () => {
    const lists = {
      offsets: Int32Array.of(0, 3, 4, 4, 4, 4),
      targets: Int32Array.of(1, 2, 3, 3),
      weights: Float64Array.of(1, 1, 1, 0.5),
      out: new Float64Array(5),
    }
    const ones = new Float64Array(5).fill(1)
    const ask = (history: number[], next: number, decay = 1) =>
      nextItemNdcg(lists, ones, decay, [{ history: Int32Array.from(history), next }])
    expect(ask([0], 1)).toBe(1)
    expect(ask([0], 2)).toBeCloseTo(1 / Math.log2(3))
    expect(ask([1, 0], 3)).toBe(1) // ½ + 1 beats 1; the history itself is masked
    expect(ask([0], 4)).toBe(0)
  })
})

describe('data with times', () => {
  const dated = datasetOf(
    walks(90, 25).flatMap((line, u) =>
      line.map((item, day) => ({ user: `u${u}`, item, day: day + (u % 5) })),
    ),
  )

  test('chooses decays on the days before the cut alone: later days change nothing', () => {
    const given = { ...defaultSettings('time'), testDays: 5 }
    const { cut } = cutsOf(dated, given)
    const tuned = tunedSettings(dated, given)
    expect(tuned.transitions.decay).toBeLessThan(given.decay)
    const scrambled = dated.items.slice()
    for (let row = 0; row < scrambled.length; row++)
      if (dated.times[row]! >= cut) scrambled[row] = (scrambled[row]! + 17) % dated.catalogue.length
    expect(tunedSettings({ ...dated, items: scrambled }, given)).toEqual(tuned)
  })

  test('keeps what somebody set', () => {
    const given = { ...defaultSettings('time'), decay: 0.55 }
    const { transitions } = given
    const tuned = tunedSettings(dated, given, { decay: 0.55, transitions })
    expect(tuned.decay).toBe(0.55)
    expect(tuned.transitions).toBe(transitions)
  })
})

describe('evaluating sequences', () => {
  const lines = walks(420, 12)
  const folder = mkdtempSync(join(tmpdir(), 'foryou-sequences-'))
  const file = join(folder, 'walks.txt')
  writeFileSync(file, lines.map((line, u) => `u${String(u).padStart(3, '0')} ${line.join(' ')}`).join('\n'))
  const slates = join(folder, 'slates.tsv')

  let rows: Awaited<ReturnType<typeof evaluateSequences>>
  beforeAll(async () => {
    rows = await evaluateSequences({ file, slates, progress: () => {} })
  }, 60_000)

  test('gives every rung with bytes and gain; slates are ranked without the history and agree', () => {
    expect(rows.transitions!['ndcg@10']).toBeGreaterThan(rows['table-neighbours']!['ndcg@10']!)
    const best = Object.values(rows).find(({ chosen }) => chosen === 1)!
    expect(best.bytes).toBeGreaterThan(0)
    expect(rows.ranker!['gain-low']).toBeLessThan(rows.ranker!['gain-high']!)
    let gain = 0
    for (const line of readFileSync(slates, 'utf8').trim().split('\n')) {
      const [user, list] = line.split('\t') as [string, string]
      const items = list.split(',')
      const walk = lines[Number(user.slice(1))]!
      expect(items.filter((item) => walk.slice(0, -1).includes(item))).toEqual([])
      const rank = items.indexOf(walk.at(-1)!)
      if (rank >= 0 && rank < 10) gain += 1 / Math.log2(rank + 2)
    }
    expect(gain / lines.length).toBeCloseTo(best['ndcg@10']!, 10)
  })

  test('training on the same sequences prints the same figures, under the floors', async () => {
    const { result } = await train(
      world(lines),
      {},
      {
        site: 'test',
        fingerprint: '0'.repeat(64),
        archive: true,
        progress: () => {},
      },
    )
    for (const { rung, metrics } of result.evaluation.ladder) {
      if (rung === 'transitions') expect(metrics['ndcg@10']).toBe(rows['transitions, floors 5/3']!['ndcg@10'])
      if (rung === 'ranker') expect(metrics['ndcg@10']).toBe(rows['ranker, floors 5/3']!['ndcg@10'])
    }
  })

  test('never sees the last items: shuffled among users, they change no chosen setting and no model', () => {
    const shuffled = lines.map((line, u) => [...line.slice(0, -1), lines[(u + 7) % lines.length]!.at(-1)!])
    const asked = (walk: string[]) => !walk.slice(0, -1).includes(walk.at(-1)!)
    const both = lines.map((_, u) => asked(lines[u]!) && asked(shuffled[u]!))
    const training = (from: string[][]) => lastOut(world(from.filter((_, u) => both[u]))).training
    expect([...training(shuffled).items]).toEqual([...training(lines).items])
  })
})
