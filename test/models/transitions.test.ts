import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { fitStage, openStage } from '../../models/build/stage.ts'
import { defaultSettings, NO_FLOORS, PRIVACY_FLOORS, type Settings } from '../../models/settings.ts'
import { slice } from '../../models/split/slice.ts'
import { interactionMatrix } from '../../models/train/interactionMatrix.ts'
import { transitionLists } from '../../models/train/transitionLists.ts'
import { transitions } from '../../models/train/transitions.ts'
import { openBundle } from '../../shared/bundle/openBundle.ts'
import { collaborative } from '../../shared/rank/collaborative.ts'
import { scoreValue } from '../../shared/rank/generator.ts'
import { historyView, withDecay } from '../../shared/rank/historyView.ts'
import { createRecommender } from '../../shared/rank/recommend.ts'
import { transitions as generatorOf } from '../../shared/rank/transitions.ts'
import { bundleOf, datasetOf } from '../worlds.ts'

const OPTIONS = {
  length: 100,
  lookahead: 3,
  reach: 0.5,
  backward: 0,
  source: 0.5,
  target: 0.25,
  minPairUsers: 1,
}

/** Sequences of item letters, one user each: 'abc' is a, then b, then c. */
function sequences(texts: readonly string[]) {
  return datasetOf(
    texts.flatMap((text, u) => [...text].map((item, day) => ({ user: `u${u}`, item, day }))),
    undefined,
    'sequence',
  )
}

function listsOf(dataset: ReturnType<typeof datasetOf>, options: Partial<typeof OPTIONS> = {}, floor = 1) {
  const { offsets, targets, weights } = transitionLists(dataset, interactionMatrix(dataset, floor), {
    ...OPTIONS,
    ...options,
  })
  const found: Record<string, number> = {}
  for (let i = 0; i + 1 < offsets.length; i++)
    for (let e = offsets[i]!; e < offsets[i + 1]!; e++)
      found[`${dataset.catalogue[i]!.id}${dataset.catalogue[targets[e]!]!.id}`] = weights[e]!
  return found
}

/** The formula, word for word. */
function naive(texts: readonly string[], { lookahead, reach, backward, source, target }: typeof OPTIONS) {
  const found: Record<string, number> = {}
  const add = (pair: string, weight: number) => {
    if (pair[0] !== pair[1] && weight > 0) found[pair] = (found[pair] ?? 0) + weight
  }
  for (const text of texts)
    for (let p = 0; p < text.length; p++)
      for (let d = 1; d <= lookahead && p + d < text.length; d++) {
        add(text[p]! + text[p + d]!, reach ** (d - 1))
        add(text[p + d]! + text[p]!, backward * reach ** (d - 1))
      }
  const mass = (side: 0 | 1, item: string) =>
    Object.entries(found).reduce((sum, [pair, weight]) => sum + (pair[side] === item ? weight : 0), 0)
  return Object.fromEntries(
    Object.entries(found).map(([pair, weight]) => [
      pair,
      weight * mass(0, pair[0]!) ** -source * mass(1, pair[1]!) ** -target,
    ]),
  )
}

describe('transition lists', () => {
  test('are directed: hand-worked', () => {
    const lines = sequences(['abc', 'ab'])
    // a is followed by b twice (one step) and by c once (two steps).
    expect(listsOf(lines, { source: 0, target: 0 })).toEqual({ ab: 2, ac: 0.5, bc: 1 })
    expect(listsOf(lines, { source: 1, target: 0 })).toEqual({ ab: 2 / 2.5, ac: 0.5 / 2.5, bc: 1 })
    expect(listsOf(lines, { source: 0, target: 1 })).toEqual({ ab: 1, ac: 0.5 / 1.5, bc: 1 / 1.5 })
    expect(listsOf(lines, { source: 0, target: 0, backward: 0.5 })).toEqual({
      ...{ ab: 2, ac: 0.5, bc: 1 },
      ...{ ba: 1, ca: 0.25, cb: 0.5 },
    })
  })

  test('equal the formula computed naively, for any sequences, repeats included', () => {
    const texts = fc.array(fc.string({ unit: fc.constantFrom(...'abcdef'), minLength: 1, maxLength: 9 }), {
      minLength: 1,
      maxLength: 8,
    })
    fc.assert(
      fc.property(
        texts,
        fc.integer({ min: 1, max: 4 }),
        fc.constantFrom(0, 0.3),
        (lines, lookahead, backward) => {
          const options = { ...OPTIONS, lookahead, backward }
          const wanted = naive(lines, options)
          const got = listsOf(sequences(lines), options)
          expect(Object.keys(got).sort()).toEqual(Object.keys(wanted).sort())
          for (const pair of Object.keys(wanted)) expect(got[pair]).toBeCloseTo(wanted[pair]!, 12)
        },
      ),
    )
  })

  test('what happens at one moment has no order and shares one step', () => {
    const basket = datasetOf([
      { user: 'u', item: 'a', day: 1 },
      { user: 'u', item: 'b', day: 1 },
      { user: 'u', item: 'c', day: 2 },
      { user: 'u', item: 'd', day: 2 },
    ])
    expect(listsOf(basket, { source: 0, target: 0 })).toEqual({ ac: 0.5, ad: 0.5, bc: 0.5, bd: 0.5 })
  })

  test('keep the floors: rare items and rare pairs stay out, one user counts once', () => {
    const lines = ['ab', 'ab', 'ab', 'acacac', 'ac', 'xb']
    expect(listsOf(sequences(lines), { minPairUsers: 3 })).toHaveProperty('ab')
    expect(listsOf(sequences(lines), { minPairUsers: 3 })).not.toHaveProperty('ac')
    expect(Object.keys(listsOf(sequences(lines), {}, 2)).join()).not.toContain('x')
    const settings: Settings = { ...defaultSettings('sequence'), floors: PRIVACY_FLOORS }
    const published = transitions.train(sequences(lines), settings, () => 0)
    expect(published.transitions!.targets.length).toBe(0)
    const measured = transitions.train(sequences(lines), { ...settings, floors: NO_FLOORS }, () => 0)
    expect(measured.transitions!.targets.length).toBeGreaterThan(0)
  })

  test('say what is missing where there is no order', () => {
    const lists = datasetOf([{ user: 'u', item: 'a', day: 0 }], undefined, 'none')
    expect(transitions.missing(lists)).toContain('no order')
  })
})

/** A chain a → b → c … walked from every start by many users, in both worlds the same neighbours. */
const chain = sequences(
  Array.from({ length: 120 }, (_, u) =>
    Array.from({ length: 6 }, (_, s) => 'abcdefghijklmnop'[(u + s) % 16]!).join(''),
  ),
)
const history = (text: string) => [...text].map((item, h) => ({ item, kind: 'view' as const, at: h }))

describe('the transitions generator', () => {
  test('ranks what comes next, where co-occurrence cannot tell next from previous', async () => {
    const recommender = createRecommender(await bundleOf(chain))
    const view = historyView(recommender.bundle, history('fg'))
    const { items } = recommender.rank('transitions', view, 2, (item) => view.seen.has(item))
    expect(Array.from(items, (i) => recommender.bundle.ids[i])).toEqual(['h', 'i'])
  })

  test('equals a naive sum of decayed votes over the decoded lists; contributions sum to the score', async () => {
    const bundle = await bundleOf(chain)
    const generator = generatorOf(bundle)!
    const lists = bundle.transitions!
    const decay = bundle.manifest.profile.transitionDecay!
    fc.assert(
      fc.property(fc.shuffledSubarray([...'abcdefghijklmnop'], { minLength: 1 }), (ids) => {
        const view = historyView(bundle, history(ids.join('')))
        const scored = generator.score(view)
        const { items, scores } = scored.top(5, (item) => view.seen.has(item))
        for (let item = 0; item < bundle.items; item++) {
          let sum = 0
          let parts = 0
          for (let h = 0; h < view.numbers.length; h++) {
            const from = view.numbers[h]!
            for (let e = lists.offsets[from]!; e < lists.offsets[from + 1]!; e++)
              if (lists.columns[e] === item) sum += lists.weights[e]! * lists.step * decay ** h
            parts += generator.contribution(view, h, item)
          }
          const score = scoreValue(scored.of(item))
          expect(score).toBeCloseTo(sum, 2)
          expect(parts).toBeCloseTo(score, 10)
        }
        expect([...scores].map((s) => scoreValue(s))).toEqual(
          Array.from(items, (i) => scoreValue(scored.of(i))),
        )
      }),
      { numRuns: 50 },
    )
  })

  test('shares under another memory are its scores under that decay, over the best', async () => {
    const bundle = await bundleOf(chain)
    for (const generator of [generatorOf(bundle)!, collaborative(bundle)!]) {
      const view = historyView(bundle, history('gfa'))
      const items = Int32Array.from({ length: bundle.items }, (_, i) => i)
      const profile = { ...bundle.manifest.profile, decay: 0.4, transitionDecay: 0.4 }
      const other = { ...bundle, manifest: { ...bundle.manifest, profile } }
      const same = generator.name === 'transitions' ? generatorOf(other)! : collaborative(other)!
      const scored = same.score(historyView(other, history('gfa')))
      const scores = Array.from(items, (item) =>
        Math.max(0, scoreValue<'collaborative' | 'transitions'>(scored.of(item))),
      )
      const best = Math.max(...scores)
      const shares = generator.shares(withDecay(view, 0.4), items)
      for (const item of items) expect(shares[item]).toBeCloseTo(scores[item]! / best, 10)
    }
  })

  test('names the item that a transition came from', async () => {
    const whole = await bundleOf(chain)
    const bundle = { ...whole, manifest: { ...whole.manifest, forYou: 'transitions' as const } }
    const { items } = createRecommender(bundle).recommend({ history: history('fg'), now: 10, k: 1 })
    expect(items[0]!.why).toEqual([{ source: 'transitions', item: 'g', share: items[0]!.score * 65_536 }])
  })

  test('a bundle without transitions opens, and has nothing to say for the rung', async () => {
    const settings = { ...defaultSettings('sequence'), dims: 8 }
    const stage = fitStage(chain, settings, 0)
    const blobs = new Map([...stage.blobs].filter(([role]) => !role.startsWith('transitions/')))
    const { manifest } = await openStage(chain, { ...stage, blobs }, 'popularity')
    const bundle = openBundle(manifest, '', blobs)
    expect(bundle.transitions).toBeNull()
    expect(bundle.complete).toBe(true)
    const view = historyView(bundle, history('a'))
    expect(() => createRecommender(bundle).rank('transitions', view, 1, () => false)).toThrow(/transitions/)
  })

  test('learns from the past alone: what a slice lacks cannot be followed', () => {
    const halved = slice(chain, (row) => chain.times[row]! < 2)
    const pairs = Object.keys(listsOf(halved))
    expect(pairs.length).toBe(16)
  })
})
