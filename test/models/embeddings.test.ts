import { mkdtempSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DuckDBInstance } from '@duckdb/node-api'
import { describe, expect, test } from 'vitest'
import { fitStage, openStage, shippedTrainers } from '../../models/build/stage.ts'
import { rungCosts } from '../../models/evaluate/rungCosts.ts'
import { withEmbeddings } from '../../models/ingest/embeddings/readEmbeddings.ts'
import { seededRandom } from '../../models/random.ts'
import { defaultSettings } from '../../models/settings.ts'
import { embeddings, principalRows } from '../../models/train/embeddings.ts'
import { historyView } from '../../shared/rank/historyView.ts'
import { createRungs } from '../../shared/rank/rungs.ts'
import { datasetOf, T0 } from '../worlds.ts'

const folder = mkdtempSync(join(tmpdir(), 'foryou-vectors-'))
const file = (name: string, content: string | Uint8Array) => {
  const path = join(folder, name)
  writeFileSync(path, content)
  return path
}
const dataset = datasetOf(['a', 'b', 'c', 'd'].map((item, n) => ({ user: `u${n % 2}`, item, day: n })))
const VECTORS = [
  [1, 0, 2],
  [0, 1, 0.5],
  [1, 0, 1.5],
]

function npy(values: readonly number[], shape: string, descr = '<f4', fortran = 'False'): Uint8Array {
  const text = `{'descr': '${descr}', 'fortran_order': ${fortran}, 'shape': (${shape}), }`
  const header = `${text.padEnd(117)}\n`
  const data = descr === '<f8' ? Float64Array.from(values) : Float32Array.from(values)
  const head = Buffer.concat([
    Buffer.from('\x93NUMPY\x01\x00', 'latin1'),
    Buffer.from([118, 0]),
    Buffer.from(header),
  ])
  return Buffer.concat([head, Buffer.from(data.buffer)])
}

function safetensors(header: object, data: Uint8Array): Uint8Array {
  const text = Buffer.from(JSON.stringify(header))
  const length = Buffer.alloc(8)
  length.writeBigUInt64LE(BigInt(text.length))
  return Buffer.concat([length, text, data])
}

const floats = (values: readonly number[]) => Buffer.from(Float32Array.from(values).buffer)
const abc = file('ids.txt', 'a\nb\nc\n')
const given = { dims: 3, missing: 1, unknown: 0, repeated: 0, notFinite: 0 }

describe('vectors that somebody brings along', () => {
  test.each([
    ['npy, float32', file('x.npy', npy(VECTORS.flat(), '3, 3')), abc],
    ['npy, float64', file('y.npy', npy(VECTORS.flat(), '3, 3', '<f8')), file('ids.json', '["a","b","c"]')],
    [
      'safetensors with ids in its metadata',
      file(
        'x.safetensors',
        safetensors(
          {
            __metadata__: { ids: '["a","b","c"]' },
            w: { dtype: 'F32', shape: [3, 3], data_offsets: [0, 36] },
          },
          floats(VECTORS.flat()),
        ),
      ),
      undefined,
    ],
    [
      'CSV, one number a column',
      file('x.csv', `item_id,v0,v1,v2\na,1,0,2\nb,0,1,.5\nc,1,0,1.5\n`),
      undefined,
    ],
    ['CSV, a list', file('l.csv', `item,embedding\na,"[1, 0, 2]"\nb,"[0, 1, 0.5]"\nc,1|0|1.5\n`), undefined],
    [
      'JSON lines',
      file('x.jsonl', VECTORS.map((v, i) => JSON.stringify({ item: 'abc'[i], vector: v })).join('\n')),
      undefined,
    ],
  ])('%s', async (_, path, ids) => {
    const { embeddings: read } = await withEmbeddings(dataset, path, ids)
    expect(read).toMatchObject(given)
    expect(Array.from(read!.rows)).toEqual([...VECTORS.flat(), 0, 0, 0])
    expect(Array.from(read!.hasRow)).toEqual([1, 1, 1, 0])
  })

  test('Parquet with a list column', async () => {
    const path = join(folder, 'x.parquet')
    const instance = await DuckDBInstance.create(':memory:')
    const connection = await instance.connect()
    await connection.run(
      `copy (select * from (values ('a', [1.0::float, 0, 2]), ('b', [0.0::float, 1, 0.5]), ('c', [1.0::float, 0, 1.5])) t(item_id, embedding)) to '${path}' (format parquet)`,
    )
    connection.closeSync()
    const { embeddings: read } = await withEmbeddings(dataset, path)
    expect(Array.from(read!.rows)).toEqual([...VECTORS.flat(), 0, 0, 0])
  })

  test('float16 and bfloat16 are widened', async () => {
    const bits = Buffer.from(Uint16Array.of(0x3c00, 0xc000, 0x3555, 0x0001).buffer)
    const path = file(
      'h.safetensors',
      safetensors({ embeddings: { dtype: 'F16', shape: [2, 2], data_offsets: [0, 8] } }, bits),
    )
    const { embeddings: read } = await withEmbeddings(dataset, path, file('two.txt', 'a\nb'))
    expect(Array.from(read!.rows.subarray(0, 4))).toEqual([1, -2, 0.333251953125, 2 ** -24].map(Math.fround))
    const brain = Buffer.from(Uint16Array.of(0x3f80, 0xc000, 0x3f00, 0).buffer)
    const other = file(
      'b.safetensors',
      safetensors({ embeddings: { dtype: 'BF16', shape: [2, 2], data_offsets: [0, 8] } }, brain),
    )
    const { embeddings: wide } = await withEmbeddings(dataset, other, file('two.txt', 'a\nb'))
    expect(Array.from(wide!.rows.subarray(0, 4))).toEqual([1, -2, 0.5, 0])
  })

  test('counts ids that are unknown, repeated or missing', async () => {
    const path = file('n.npy', npy([...VECTORS.flat(), ...VECTORS.flat()], '6, 3'))
    const ids = file('n.txt', 'a\nstranger\na\nb\nb\nc')
    const { embeddings: read } = await withEmbeddings(dataset, path, ids)
    expect(read).toMatchObject({ unknown: 1, repeated: 2, missing: 1, notFinite: 0 })
    expect(Array.from(read!.rows.subarray(0, 3))).toEqual(VECTORS[0])
  })

  test.each([
    ['no ids', file('x.npy', npy(VECTORS.flat(), '3, 3')), undefined, /--ids FILE|which vector belongs/],
    [
      'too few ids',
      file('x.npy', npy(VECTORS.flat(), '3, 3')),
      file('few.txt', 'a\nb'),
      /3 vectors, but there are 2 ids/,
    ],
    ['one dimension', file('flat.npy', npy([1, 2, 3], '3,')), abc, /holds 3 numbers/],
    ['Fortran order', file('f.npy', npy(VECTORS.flat(), '3, 3', '<f4', 'True')), abc, /Fortran order/],
    ['objects', file('o.npy', npy(VECTORS.flat(), '3, 3', '|O')), abc, /elements are \|O/],
    [
      'a cut-off file',
      file('cut.npy', npy(VECTORS.flat(), '3, 3').subarray(0, 140)),
      abc,
      /takes 36 bytes, but there are 12/,
    ],
    [
      'NaN',
      file('nan.npy', npy([...VECTORS.flat().slice(0, 8), Number.NaN], '3, 3')),
      abc,
      /1 of 3 vectors hold NaN.*first row 3/,
    ],
    ['infinity', file('inf.npy', npy([Infinity, ...VECTORS.flat().slice(1)], '3, 3')), abc, /first row 1/],
    [
      'other ids',
      file('x.npy', npy(VECTORS.flat(), '3, 3')),
      file('other.txt', 'x\ny\nz'),
      /none of the 3 ids is an item/,
    ],
    [
      'ragged lists',
      file('r.csv', 'item,embedding\na,1|2\nb,1|2|3\n'),
      undefined,
      /r\.csv:3 has 3 numbers, the rows before it 2/,
    ],
    ['no id column', file('i.csv', 'x0,x1\n1,2\n'), undefined, /no column for the item's id/],
    [
      'several tensors',
      file(
        's.safetensors',
        safetensors(
          {
            p: { dtype: 'F32', shape: [1, 2], data_offsets: [0, 8] },
            q: { dtype: 'F32', shape: [1, 2], data_offsets: [8, 16] },
          },
          floats([1, 2, 3, 4]),
        ),
      ),
      abc,
      /which tensor.*p \(1 × 2\), q \(1 × 2\)/,
    ],
    [
      'a tensor outside the file',
      file(
        't.safetensors',
        safetensors({ p: { dtype: 'F32', shape: [1, 2], data_offsets: [0, 99] } }, floats([1, 2])),
      ),
      abc,
      /lies outside the file/,
    ],
  ])('says what is wrong: %s', async (_, path, ids, message) => {
    await expect(withEmbeddings(dataset, path, ids)).rejects.toThrow(message)
  })
})

describe('the embeddings trainer', () => {
  test('ranks by the dot products of unit vectors, from the decoded bundle', async () => {
    const vectors = file('v.csv', 'item,v0,v1\na,10,1\nb,1,9\nc,0.5,0.1\nd,0.2,3\n')
    const own = await withEmbeddings(dataset, vectors)
    const bundle = await openStage(
      own,
      fitStage(own, defaultSettings('time'), T0 + 9e8, { trainers: [embeddings] }),
      'collaborative',
    )
    const view = historyView(bundle, [{ item: 'a', kind: 'view', at: T0 }])
    const ranked = createRungs(bundle, null).rank('collaborative', view, 3, (i) => view.seen.has(i))
    expect(Array.from(ranked.items, (i) => bundle.ids[i])).toEqual(['c', 'b', 'd'])
    expect(embeddings.missing(dataset)).toMatch(/--embeddings FILE/)
  })

  test('stands in a bundle where table and neighbours would, and says so', async () => {
    const own = await withEmbeddings(
      dataset,
      file('v.csv', 'item,v0,v1\na,10,1\nb,1,9\nc,0.5,0.1\nd,0.2,3\n'),
    )
    const names = shippedTrainers(own).map(({ name }) => name)
    expect(names).toContain('embeddings')
    expect(names).not.toContain('table-neighbours')
    expect(shippedTrainers(dataset).map(({ name }) => name)).toContain('table-neighbours')
    const { blobs, trainSeconds } = fitStage(own, defaultSettings('time'), T0 + 9e8)
    const { collaborative } = rungCosts(blobs, trainSeconds, 'popularity')
    expect(collaborative.model).toBe('embeddings')
    expect(collaborative.bytes).toBeGreaterThan(0)
  })

  test('many dims become few that keep the dot products of low-rank vectors', () => {
    const random = seededRandom(1)
    const basis = Array.from({ length: 3 }, () => Array.from({ length: 40 }, () => random() - 0.5))
    const rows = new Float64Array(60 * 40)
    for (let i = 0; i < 60; i++)
      for (const axis of basis) {
        const x = random() - 0.5
        for (let d = 0; d < 40; d++) rows[i * 40 + d]! += x * axis[d]!
      }
    const few = principalRows(rows, 40, 4, seededRandom(2))
    expect(few.dims).toBe(4)
    const dot = (m: Float64Array, d: number, a: number, b: number) => {
      let sum = 0
      for (let k = 0; k < d; k++) sum += m[a * d + k]! * m[b * d + k]!
      return sum
    }
    for (let a = 0; a < 60; a += 7)
      for (let b = 0; b < 60; b += 5) expect(dot(few.rows, 4, a, b)).toBeCloseTo(dot(rows, 40, a, b), 8)
    expect(principalRows(rows, 40, 40, random).rows).toBe(rows)
  })
})
