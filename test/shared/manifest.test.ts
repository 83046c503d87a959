import { describe, expect, test } from 'vitest'
import { parseEvaluatedManifest } from '../../shared/bundle/evaluation.ts'
import { parseManifest } from '../../shared/bundle/manifest.ts'
import { bundleOf, checkerboard } from '../worlds.ts'

describe('a manifest', () => {
  test('with a broken evaluation ranks on a device, and is refused where it is published or read', async () => {
    const { manifest } = await bundleOf(checkerboard())
    const broken = JSON.stringify({ ...manifest, evaluation: { verdict: 'splendid' } })
    expect(parseManifest(broken).files).toEqual(manifest.files)
    expect(() => parseEvaluatedManifest(broken)).toThrow(/not valid at evaluation/)
    expect(parseEvaluatedManifest(JSON.stringify(manifest))).toEqual(manifest)
  })

  test('says which field is wrong', async () => {
    const { manifest } = await bundleOf(checkerboard())
    expect(() => parseManifest(JSON.stringify({ ...manifest, evaluation: 'good' }))).toThrow(/evaluation/)
    expect(() => parseManifest(JSON.stringify({ ...manifest, forYou: 'magic' }))).toThrow(/forYou/)
  })
})
