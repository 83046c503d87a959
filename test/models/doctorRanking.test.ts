import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { examineFeatures, examineRanking } from '../../models/doctor/examineRanking.ts'
import { type Finding, findingsOf } from '../../models/doctor/finding.ts'
import type { Answer, Patient } from '../../models/doctor/patient.ts'
import { EMBED_FILE, lackedByLoader } from '../../models/publish/embed.ts'
import { ensureKeys } from '../../models/publish/keys.ts'
import { sha256 } from '../../shared/bundle/hash.ts'
import { featureSchemaText } from '../../shared/features/featureSchema.ts'
import { FEATURE_IDS } from '../../shared/features/features.ts'
import { decodeGolden, encodeGolden, type GoldenCase } from '../../shared/rank/golden.ts'
import { type SampleBundle, sampleBundle } from '../web/sampleBundle.ts'
import { runForYou } from './runForYou.ts'
import { tinyBundle } from './tinyBundle.ts'

let sample: SampleBundle
let golden: GoldenCase[]
beforeAll(async () => {
  sample = await sampleBundle()
  golden = decodeGolden(blobOf(sample, 'golden').buffer)
})

const blobOf = ({ manifest, blobs }: SampleBundle, role: string) =>
  blobs.get(manifest.files.find((file) => file.role === role)!.sha256)!

/** A deployment of one bundle, whose loader says that it computes these features. */
function patientOf({ blobs }: SampleBundle, loader?: readonly string[]): Patient {
  const answer = (bytes: Uint8Array<ArrayBuffer> | null): Answer => ({
    status: bytes ? 200 : 404,
    headers: new Headers(),
    bytes: bytes ?? new Uint8Array(0),
    text: new TextDecoder().decode(bytes ?? new Uint8Array(0)),
    milliseconds: 1,
  })
  const embed = loader && { loader: 'foryou-0.js', integrity: 'sha384-', files: [], features: loader }
  return {
    base: 'https://edge.example',
    ask: async (url: string) =>
      url === '/embed.json'
        ? answer(embed ? new TextEncoder().encode(JSON.stringify(embed)) : null)
        : answer(blobs.get(url.split('/').at(-1)!) ?? null),
  } as Patient
}

async function ranking(bundle: SampleBundle): Promise<Finding> {
  const report = findingsOf('Bundle')
  await examineRanking(patientOf(bundle), bundle.manifest, report)
  return report.found[0]!
}

async function features(reads: string[], loader?: readonly string[], schema?: string): Promise<Finding> {
  const report = findingsOf('Bundle')
  const featureSchema = schema ?? (await sha256(featureSchemaText(reads)))
  await examineFeatures(
    patientOf(sample, loader),
    { ...sample.manifest, features: reads, featureSchema },
    report,
    'features',
  )
  return report.found[0]!
}

test('golden cases are ranked with the bytes that are served, and the largest difference is told', async () => {
  expect(await ranking(sample)).toMatchObject({
    state: 'good',
    text: expect.stringMatching(/scores differ by nothing$/),
  })
  const near = golden.map((one) => ({
    ...one,
    items: one.items.map((i) => ({ ...i, score: i.score + 5e-5 })),
  }))
  const close = await sampleBundle({}, { golden: encodeGolden(near) })
  expect(await ranking(close)).toMatchObject({
    state: 'good',
    text: expect.stringContaining('5.0e-5 at the most'),
  })
})

test('a bundle that ranks otherwise with this code is bad, and says where', async () => {
  const other = golden.map((one) => ({ ...one, items: one.items.map((i) => ({ ...i, score: i.score + 1 })) }))
  const wrong = await sampleBundle({}, { golden: encodeGolden(other) })
  expect(await ranking(wrong)).toMatchObject({
    state: 'bad',
    text: expect.stringMatching(/^Golden case 0 differs at position 0/),
    mend: expect.any(String),
  })
})

test('the loader that is live decides which features there are; without its word, this code', async () => {
  const ids = [...FEATURE_IDS]
  expect(await features(ids, ids)).toMatchObject({
    state: 'good',
    text: expect.stringContaining('the loader'),
  })
  expect(await features(ids)).toMatchObject({ state: 'good', text: expect.stringContaining('this code') })
  expect(await features(ids, ids.slice(1))).toMatchObject({
    state: 'bad',
    text: expect.stringContaining(`${ids[0]}, and there is none of that name in the loader`),
  })
  expect(await features(['mood@1'], ['mood@1'])).toMatchObject({ state: 'good' })
  expect(await features(ids, ids, 'f'.repeat(64))).toMatchObject({ state: 'warning' })
})

describe('whoever publishes', () => {
  let dir: string
  beforeAll(() => {
    dir = mkdtempSync(join(tmpdir(), 'foryou-lacking-'))
  })
  afterAll(() => rmSync(dir, { recursive: true }))

  test('hears what the loader that is built lacks', async () => {
    await ensureKeys(dir)
    const blobs = { popularity: 'one', 'popular.json': '{"items":[]}', 'popular.html': '<ol></ol>' }
    await tinyBundle(join(dir, 'bundle'), blobs, { features: ['a@2'] })
    const publish = () =>
      runForYou(dir, ['publish', 'bundle', '--to', 'cdn', '--no-scripts', '--json'], dir, { now: Date.now })
    mkdirSync(join(dir, 'dist/site'), { recursive: true })
    const built = (features: string[]) =>
      writeFileSync(
        join(dir, 'dist/site', EMBED_FILE),
        JSON.stringify({ loader: '', integrity: '', files: [], features }),
      )
    built(['a@1'])
    const lacking = await publish()
    expect(lacking.code).toBe(0)
    expect(JSON.parse(lacking.out)).toMatchObject({ lacked: 'a@2, and there is a@1' })
    const promoted = await runForYou(dir, ['promote', 'bundle', '--to', 'cdn'], dir, { now: Date.now })
    for (const { err } of [lacking, promoted])
      expect(err).toContain('Its ranker reads a@2, and there is a@1 in the loader')
    built(['a@2', 'b@1'])
    expect(JSON.parse((await publish()).out)).not.toHaveProperty('lacked')
  })

  test('hears nothing where the loader says nothing', () => {
    const embed = { loader: '', integrity: '', files: [] }
    for (const silent of [null, embed]) expect(lackedByLoader(silent, { features: ['a@2'] })).toBeNull()
  })
})
