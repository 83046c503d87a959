import { expect, test } from 'vitest'
import { openBundle } from '../../../shared/bundle/openBundle.ts'
import { checkGolden, goldenCase } from '../../../shared/rank/golden.ts'
import { NOW } from '../fakePlatform.ts'
import { sampleBundle } from '../sampleBundle.ts'

test('a score that is no number is not near enough to any other', async () => {
  const { manifest, hash, blobs } = await sampleBundle()
  const files = manifest.files.map(({ role, sha256 }): [string, ArrayBuffer] => [
    role,
    blobs.get(sha256)!.buffer,
  ])
  const bundle = openBundle(manifest, hash, new Map(files))
  const history = [{ item: 'f2', kind: 'view' as const, at: NOW }]
  const good = goldenCase(bundle, { surface: 'for-you', k: 5, now: NOW, history })
  expect(() => checkGolden(bundle, [good])).not.toThrow()
  const [first, ...rest] = good.items
  for (const score of [Number.NaN, Number.POSITIVE_INFINITY, first!.score + 1]) {
    const items = [{ ...first!, score }, ...rest]
    expect(() => checkGolden(bundle, [{ ...good, items }])).toThrow('Golden case 0 differs at position 0')
  }
})
