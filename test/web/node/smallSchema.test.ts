import fc from 'fast-check'
import * as valibot from 'valibot'
import { describe, expect, test, vi } from 'vitest'
import * as small from '../../../web/ranker/rankerSchema.ts'
import { sampleBundle } from '../sampleBundle.ts'

type Library = typeof valibot
type Path = readonly (string | number)[]

/** The same schema files, once over valibot and once over what stands in its place. */
async function schemasOver(library: object) {
  vi.resetModules()
  vi.doMock('valibot', () => library)
  const { ManifestSchema, HeadSchema } = await import('../../../shared/bundle/manifest.ts')
  const { EnvelopeSchema, PinsSchema } = await import('../../../shared/bundle/envelope.ts')
  const { ItemDetailsSchema } = await import('../../../shared/bundle/detailsFile.ts')
  const { InteractionSchema } = await import('../../../shared/domain/interaction.ts')
  const { RulesSchema } = await import('../../../shared/domain/rules.ts')
  vi.doUnmock('valibot')
  const v = library as Library
  const record = v.record(v.pipe(v.string(), v.maxLength(3)), v.nullable(v.number()))
  const tuple = v.tuple([v.string(), v.optional(v.boolean()), v.unknown()])
  return {
    manifest: ManifestSchema,
    head: HeadSchema,
    envelope: EnvelopeSchema,
    pins: PinsSchema,
    details: ItemDetailsSchema,
    interaction: InteractionSchema,
    rules: RulesSchema,
    others: v.object({ record, tuple, any: v.unknown(), list: v.array(v.literal(1)) }),
  }
}

const HASH = 'a'.repeat(64)
const KEY = { kid: 'k', alg: 'ES256', x: 'x', y: 'y' }
const VALID = {
  manifest: (await sampleBundle()).manifest as unknown,
  head: {
    schema: 1,
    site: 'a',
    seq: 1,
    op: 'o',
    issued: 1,
    expires: 2,
    active: { manifest: HASH, notAfter: 3, popularJson: HASH },
    canary: { manifest: HASH, permille: 5, salt: 's' },
    overlay: HASH,
    kill: false,
  },
  envelope: { payload: 'p', sigs: [{ kid: 'k', sig: 's' }] },
  pins: { release: [KEY], ops: [KEY], floor: 0 },
  details: { title: 't', year: 1999, price: 0.5, attributes: { genre: ['a', 'b'] } },
  interaction: { item: 'e\u0301', kind: 'view', at: 5 },
  rules: {
    schema: 1,
    rules: [
      { name: 'a', kind: 'pin', item: 'e\u0301', slot: 2, surfaces: ['popular'], from: 1, until: 2 },
      { name: 'b', kind: 'boost', where: { items: ['x'], attributes: { g: 'a', h: ['b', 'c'] } }, factor: 2 },
      { name: 'c', kind: 'exclude', where: { attributes: { g: 'a' } } },
      { name: 'd', kind: 'cap', attribute: 'g', max: 3 },
      { name: 'e', kind: 'explore', share: 0.1, maxAgeDays: 14 },
      { name: 'f', kind: 'seen', mode: 'decay' },
    ],
  },
  others: { record: { a: 1, b: null }, tuple: ['a', true, 0], any: 1, list: [1, 1] },
}

const JUNK: readonly unknown[] = [
  ...[undefined, null, true, 0, -1, 1.5, 2 ** 60, Number.NaN, Number.POSITIVE_INFINITY, '', 'x', 'ab/0'],
  ...['x'.repeat(3000), [], [1], [[]], {}, { a: 'b' }, { toString: 1 }, JSON.parse('{"__proto__":1,"c":2}')],
]

/** Every place in a value. */
function places(value: unknown, path: Path = []): Path[] {
  if (typeof value !== 'object' || value === null) return [path]
  const below = Object.entries(value).flatMap(([key, one]) => places(one, [...path, key]))
  return [path, ...below]
}

/** The value with another thing in one place; `undefined` once stands there and once is left out. */
function changed(value: unknown, [key, ...rest]: Path, to: unknown, leftOut: boolean): unknown {
  if (key === undefined) return to
  const copy: Record<string, unknown> | unknown[] = Array.isArray(value)
    ? [...value]
    : { ...(value as object) }
  const fields = copy as Record<string, unknown>
  if (leftOut && rest.length === 0) delete fields[key]
  else fields[key] = changed(fields[key], rest, to, leftOut)
  return copy
}

const big = await schemasOver(valibot)
const own = await schemasOver(small)

describe.each(Object.keys(VALID) as (keyof typeof VALID)[])('the schema of %s', (name) => {
  const answers = (value: unknown) => {
    const theirs = valibot.safeParse(big[name] as valibot.GenericSchema, value)
    const ours = (small.safeParse as unknown as Library['safeParse'])(
      own[name] as valibot.GenericSchema,
      value,
    )
    const told = (result: typeof theirs, dots: (issue: never) => unknown) =>
      result.success
        ? { output: result.output }
        : { path: name === 'rules' || dots(result.issues[0] as never) }
    return [told(ours, small.getDotPath), told(theirs, valibot.getDotPath)] as const
  }

  test('takes what is right', () => {
    const [ours, theirs] = answers(VALID[name])
    expect(ours).toHaveProperty('output')
    expect(ours).toStrictEqual(theirs)
  })

  test('answers as valibot does to everything else, and names the same place', () => {
    const all = places(VALID[name])
    const wrong = fc.record({
      path: fc.constantFrom(...all),
      to: fc.constantFrom(...JUNK),
      out: fc.boolean(),
    })
    fc.assert(
      fc.property(fc.array(wrong, { minLength: 1, maxLength: 2 }), (changes) => {
        let value: unknown = VALID[name]
        for (const { path, to, out } of changes)
          if (places(value).some((known) => known.join() === path.join()))
            value = changed(value, path, to, out)
        const [ours, theirs] = answers(value)
        expect(ours).toStrictEqual(theirs)
      }),
      { numRuns: 1000, seed: 1 },
    )
  })
})
