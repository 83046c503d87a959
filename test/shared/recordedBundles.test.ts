import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { brotliDecompressSync } from 'node:zlib'
import { expect, test } from 'vitest'
import { parseManifest } from '../../shared/bundle/manifest.ts'
import { openBundle } from '../../shared/bundle/openBundle.ts'
import { checkGolden, decodeGolden } from '../../shared/rank/golden.ts'
import { type Answer, recordings } from '../fixtures/recording.ts'

/** A bundle that an edge of then served, opened with the code of now. */
function recordedBundle(name: string) {
  const folder = join(import.meta.dirname, '../fixtures/delivery', name, 'edge')
  const { answers } = JSON.parse(readFileSync(join(folder, 'edge.json'), 'utf8')) as { answers: Answer[] }
  const bodyOf = ({ body, headers }: Answer) => {
    const bytes = readFileSync(join(folder, body))
    return headers['content-encoding'] === 'br' ? brotliDecompressSync(bytes) : bytes
  }
  const envelope = answers.find(({ path }) => path.startsWith('/v1/m/'))!
  const manifest = parseManifest((JSON.parse(bodyOf(envelope).toString()) as { payload: string }).payload)
  const blobs = new Map<string, ArrayBuffer>()
  for (const { role, sha256 } of manifest.files) {
    const answer = answers.find(({ path }) => path.endsWith(sha256))
    if (answer) blobs.set(role, Uint8Array.from(bodyOf(answer)).buffer)
  }
  return { bundle: openBundle(manifest, '', blobs), golden: decodeGolden(blobs.get('golden')!) }
}

test.each([...recordings()])('the bundle of %s ranks every golden case as it did', (name) => {
  const { bundle, golden } = recordedBundle(name)
  expect(bundle.ranker).not.toBeNull()
  expect(golden.length).toBeGreaterThan(3)
  checkGolden(bundle, golden)
  // Had its ranker a plan of its own, other candidates would come and the scores of relative features with them.
  if (bundle.ranker!.candidates) return
  const planned = {
    ...bundle,
    ranker: { ...bundle.ranker!, candidates: { budget: 5, quotas: { fresh: 5 } } },
  }
  expect(() => checkGolden(planned, golden)).toThrow(/Golden case/)
})
