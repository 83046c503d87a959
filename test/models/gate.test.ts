import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, test } from 'vitest'
import { releaseGate, withClockChecks } from '../../models/evaluate/gate.ts'
import { gatedManifest } from '../../models/publish/gatedManifest.ts'
import { defaultSettings } from '../../models/settings.ts'
import type { Gate } from '../../shared/bundle/evaluation.ts'
import { type Evaluation, parseManifest } from '../../shared/bundle/manifest.ts'
import { tinyBundle } from './tinyBundle.ts'

const limits = defaultSettings('time').gate
const evaluation: Evaluation = {
  manifest: null,
  protocol: 'test',
  verdict: 'ships',
  summary: 'ranker ships',
  queries: 1000,
  users: 100,
  days: 14,
  ladder: [
    {
      rung: 'ranker',
      model: 'r',
      metrics: { 'coverage@10': 0.02 },
      gain: { mean: 0.2, low: 0.1, high: 0.3 },
      bytes: 1,
      ships: true,
    },
  ],
}
const facts = { forYou: 'ranker' as const, rankBytes: 1000, goldenFault: null }
const failed = ({ checks }: Gate) => checks.filter(({ passed }) => passed === false).map(({ name }) => name)

describe('the gate of a release', () => {
  test('passes what keeps to every limit, and names each that is broken', () => {
    expect(releaseGate(evaluation, facts, limits).passed).toBe(true)
    const low = { ...evaluation, ladder: [{ ...evaluation.ladder[0]!, metrics: { 'coverage@10': 0.001 } }] }
    expect(failed(releaseGate(low, facts, limits))).toEqual(['coverage'])
    expect(failed(releaseGate(evaluation, { ...facts, rankBytes: 1e9 }, limits))).toEqual(['bytes'])
    const broken = releaseGate(evaluation, { ...facts, goldenFault: 'Golden case 3 differs.' }, limits)
    expect(failed(broken)).toEqual(['golden cases'])
    expect(broken.passed).toBe(false)
  })

  test('a network that a blend of z-scores beats is refused; where they are equal it is not', () => {
    const against = (low: number, high: number): Evaluation => {
      const interval = { mean: (low + high) / 2, low, high }
      const shipped = { difference: interval, gain: interval, adjusted: interval, p: 0.5 }
      const blend = {
        name: 'z-score-blend',
        trainer: '',
        formula: '',
        metrics: {},
        bytes: 0,
        offline: true,
        shipped,
      }
      return { ...evaluation, baselines: [blend] }
    }
    expect(releaseGate(against(-0.2, -0.1), facts, limits).passed).toBe(false)
    expect(failed(releaseGate(against(-0.2, -0.1), facts, limits))).toEqual(['blend'])
    expect(releaseGate(against(-0.2, 0.1), facts, limits).passed).toBe(true)
    // Nothing is asked of a list.
    expect(releaseGate(against(-0.2, -0.1), { ...facts, forYou: 'popularity' }, limits).passed).toBe(true)
  })

  test('first visits to whom trending would have said more warn', () => {
    const interval = { mean: -0.02, low: -0.03, high: -0.01 }
    const visits = {
      queries: 900,
      shipped: 0.1,
      trending: 0.12,
      ranker: 0.1,
      overTrending: interval,
      overRanker: null,
    }
    const gate = releaseGate({ ...evaluation, firstVisits: visits }, facts, limits)
    expect(failed(gate)).toEqual(['first visit'])
    expect(gate.passed).toBe(true)
  })

  test('a clock adds checks; too little data refuses nothing', () => {
    const gate = releaseGate(evaluation, facts, limits)
    expect(withClockChecks(gate, { milliseconds: 1, trainSeconds: 1 }, limits).passed).toBe(true)
    const slow = withClockChecks(gate, { milliseconds: 1e6, trainSeconds: 1e6 }, limits)
    expect(failed(slow)).toEqual(['milliseconds', 'training'])
    const little = { ...evaluation, verdict: 'not-measurable' as const }
    const unproven = releaseGate(little, { ...facts, forYou: 'popularity' }, limits)
    expect(unproven.passed).toBe(true)
    expect(unproven.checks.slice(0, 2).map(({ passed }) => passed)).toEqual([null, null])
  })
})

describe('publishing what the gate refused', () => {
  const root = mkdtempSync(join(tmpdir(), 'foryou-gate-'))
  afterAll(() => rmSync(root, { recursive: true, force: true }))
  const refused = releaseGate(evaluation, { ...facts, rankBytes: 1e9 }, limits)

  test('takes a reason, which is signed with it; the same reason gives the same name', async () => {
    const dir = join(root, 'refused', 'release')
    const name = await tinyBundle(dir, { popularity: 'p' }, { evaluation: { ...evaluation, gate: refused } })
    await expect(gatedManifest(dir)).rejects.toMatchObject({ code: 'gate' })
    await expect(gatedManifest(dir)).rejects.toThrow(/bytes: /)
    await expect(gatedManifest(dir, { override: '  ' })).rejects.toMatchObject({ code: 'gate' })
    const once = await gatedManifest(dir, { override: 'shop opens today' })
    expect(await gatedManifest(dir, { override: 'shop opens today' })).toEqual(once)
    expect(once.name).not.toBe(name)
    expect(parseManifest(once.payload).evaluation?.override).toEqual({ reason: 'shop opens today' })
  })

  test('a floor is signed with it, never above its own version nor below what it has', async () => {
    const dir = join(root, 'floor', 'release')
    const name = await tinyBundle(dir, { popularity: 'p' }, { version: 1000, floor: 10 })
    const now = await gatedManifest(dir, { floor: 'now' })
    expect(parseManifest(now.payload)).toMatchObject({ version: 1000, floor: 1000 })
    expect(now.name).not.toBe(name)
    expect(await gatedManifest(dir, { floor: 1000 })).toEqual(now)
    expect((await gatedManifest(dir, { floor: 10 })).name).toBe(name)
    for (const floor of [9, 1001]) {
      await expect(gatedManifest(dir, { floor })).rejects.toMatchObject({ code: 'bad_usage' })
    }
  })

  test('a report beside it counts too, if it is of this bundle', async () => {
    const dir = join(root, 'slow', 'release')
    const gate = releaseGate(evaluation, facts, limits)
    const manifest = 'a'.repeat(64)
    const name = await tinyBundle(dir, {}, { evaluation: { ...evaluation, manifest, gate } })
    expect((await gatedManifest(dir, { override: 'not needed' })).name).toBe(name)
    const slow = withClockChecks(gate, { milliseconds: 1e6, trainSeconds: 1 }, limits)
    const report = (of: string) =>
      writeFileSync(join(root, 'slow', 'report.json'), JSON.stringify({ manifest: of, gate: slow }))
    report(manifest)
    await expect(gatedManifest(dir)).rejects.toThrow(/milliseconds: /)
    report('b'.repeat(64))
    expect((await gatedManifest(dir)).name).toBe(name)
  })
})
