import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { trainTo } from '../../models/cli/trainTo.ts'
import { type CardFacts, type CardReport, shippedOf } from '../../models/report/cardFacts.ts'
import { modelCard } from '../../models/report/modelCard.ts'
import { bytesText, fixed } from '../../models/report/numberText.ts'
import { readCard } from '../../models/report/readCard.ts'
import { syntheticWorld } from '../../models/world/syntheticWorld.ts'
import { RUNGS } from '../../shared/bundle/manifest.ts'
import { elements, parseXml, words, type XmlNode } from './wellFormed.ts'

const folder = mkdtempSync(join(tmpdir(), 'foryou-card-'))
let facts: CardFacts

beforeAll(async () => {
  const io = {
    out() {},
    note() {},
    env: {},
    cwd: folder,
    root: resolve(import.meta.dirname, '../..'),
    interactive: false,
    now: () => 1.8e12,
  }
  const world = syntheticWorld({ visitors: 150, days: 40, films: 80 })
  const settings = {
    testDays: 6,
    replayDays: 10,
    ranker: { hidden: 4, epochs: 1, learningRate: 0.01, negatives: 9, weightDecay: 0.003 },
  }
  await trainTo(join(folder, 'out'), world, { site: 'test', settings }, io)
  facts = await readCard(join(folder, 'out'))
}, 60_000)
afterAll(() => rmSync(folder, { recursive: true, force: true }))

const bodyRows = (table: XmlNode) =>
  elements(table)
    .filter(({ name }) => name === 'tbody')
    .flatMap((body) => body.children.filter((row) => typeof row !== 'string'))
    .map((row) => row.children.filter((cell) => typeof cell !== 'string').map(words))

function tableOf(card: string, id: string): string[][] {
  const table = elements(parseXml(card)).find(({ attributes }) => attributes.id === id)
  if (!table) throw new Error(`no table ${id}`)
  return bodyRows(table)
}

describe('the model card of a training run', () => {
  test('is what training wrote beside report.json, and the same facts render it again', () => {
    const written = readFileSync(join(folder, 'out', 'report.html'), 'utf8')
    expect(written).toBe(modelCard(facts))
  })

  test('says what the JSON says: every model, its figures and its bytes', () => {
    const rows = tableOf(modelCard(facts), 'models-table')
    const { ladder } = facts.report
    expect(ladder.length).toBeGreaterThan(3)
    const shipped = shippedOf(facts.report)?.rung
    for (const { rung, metrics } of ladder) {
      const row = rows.find(([name]) => name!.startsWith(rung))!
      const numbers = ['ndcg@10', 'recall@20', 'mrr'].map((name) => fixed(metrics[name]!, 4))
      expect(row.slice(1, 4)).toEqual(numbers)
      expect(row[0]!.includes(' ships')).toBe(rung === shipped)
    }
    const popularity = ladder.find(({ rung }) => rung === 'popularity')!
    expect(rows[0]![6]).toBe(bytesText(popularity.bytes))
  })

  test('shows what each rung of the bundle ranks for the invented histories', () => {
    const card = modelCard(facts)
    const { examples } = facts
    expect(examples.map(({ history }) => history.length)).toEqual([0, 1, 2, 5, 12])
    expect(examples[0]!.rungs.map(({ rung }) => rung)).toEqual(['popularity'])
    expect(examples[2]!.rungs.length).toBeGreaterThan(3)
    for (const { rung } of examples[2]!.rungs) expect(RUNGS).toContain(rung)
    for (const { history, rungs } of examples) {
      for (const { items } of rungs) {
        expect(items.length).toBe(8)
        expect(items.some(({ item }) => history.some((seen) => seen.item === item))).toBe(false)
        for (const { title } of items) expect(words(parseXml(card))).toContain(title)
      }
    }
  })

  test('tells how to make the same bytes again', () => {
    const all = words(parseXml(modelCard(facts)))
    const { manifest, hash, report } = facts
    expect(report.made!.command).toBe('foryou train --data synthetic --seed 1 --out DIR')
    for (const fact of [
      hash,
      report.manifest!,
      manifest.data.fingerprint,
      report.made!.command,
      report.made!.code.sources,
    ])
      expect(all).toContain(fact)
    for (const { sha256 } of manifest.files) expect(all).toContain(sha256)
  })
})

describe('whatever the facts are', () => {
  const rendered = (change: Partial<CardReport>) => {
    const card = modelCard({ ...facts, report: { ...facts.report, ...change } as CardReport })
    return words(elements(parseXml(card)).find(({ name }) => name === 'header')!)
  }
  const check = (name: string, passed: boolean | null, text: string) => ({
    name,
    passed,
    text,
    value: null,
    limit: null,
    unit: '',
  })

  test('the verdict comes first: promote, keep popularity, not measurable, refused, overridden', () => {
    const ladder = facts.report.ladder.map(({ shipped: _, ...row }) => ({
      ...row,
      ships: row.rung === 'popularity' || row.rung === 'ranker',
      gain: row.rung === 'popularity' ? null : { mean: 0.2, low: 0.1, high: 0.3 },
    }))
    const passed = { passed: true, checks: [check('coverage', true, 'fine')] }
    const refused = { passed: false, checks: [check('coverage', false, 'Coverage fell to 1 %.')] }
    expect(rendered({ verdict: 'ships', ladder, gate: passed })).toMatch(
      /Promote: the learned ranker[\s\S]*\+20\.0/,
    )
    const behind = (low: number, high: number) => {
      const difference = { mean: (low + high) / 2, low, high }
      return { difference, gain: difference, adjusted: difference, p: 0.2 }
    }
    const beside = (name: string, low: number, high: number) => ({
      name,
      trainer: name,
      formula: name,
      metrics: { 'ndcg@10': 0.1 },
      bytes: 10,
      offline: false,
      shipped: behind(low, high),
    })
    const baselines = [beside('knn', -0.01, 0.01), beside('ease', -0.03, -0.01), beside('als', 0.01, 0.02)]
    expect(rendered({ verdict: 'ships', ladder, baselines })).toMatch(
      /Promote: the learned ranker beats every rung below[\s\S]*not proven to be better than knn, ease \(which did better\)\./,
    )
    const baseline = ladder.map((row) => ({ ...row, ships: row.rung === 'popularity' }))
    expect(rendered({ verdict: 'baseline', ladder: baseline, gate: passed })).toContain(
      'Popularity ships: nothing beat it',
    )
    expect(rendered({ verdict: 'not-measurable', ladder: baseline, gate: passed })).toContain(
      'Not measurable',
    )
    const no = rendered({ verdict: 'ships', ladder, gate: refused })
    expect(no).toMatch(/Do not promote: coverage failed[\s\S]*Coverage fell to 1 %\./)
    expect(no).not.toContain('Promote:')
    expect(
      rendered({ verdict: 'ships', ladder, gate: refused, override: { reason: 'a <b>launch</b>' } }),
    ).toMatch(/against the gate[\s\S]*a <b>launch<\/b>/)
  })

  test('a report without ladder rows, baselines, segments or examples still is a whole page', () => {
    const { manifest, hash } = facts
    const { manifest: of, protocol, verdict, summary, queries, users, days } = facts.report
    const card = modelCard({
      report: { manifest: of, protocol, verdict, summary, queries, users, days, ladder: [] } as CardReport,
      manifest,
      hash,
      examples: [],
    })
    const missing = elements(parseXml(card)).filter(({ attributes }) => attributes.class === 'missing')
    expect(missing.length).toBeGreaterThanOrEqual(5)
    expect(card).not.toMatch(/NaN|undefined|Infinity|\[object/)
  })

  test('hostile, endless, right-to-left and Chinese titles stay text', () => {
    const titles = [
      '<script>alert(1)</script>',
      '"><img src=x onerror=alert(1)>',
      'x'.repeat(5000),
      'العربية \u202e',
      '千と千尋の神隠し',
      '',
    ]
    const named = (title: string) => ({ item: title, title })
    const examples = facts.examples.map((example) => ({
      ...example,
      history: titles.map(named),
      rungs: example.rungs.map((rung) => ({ ...rung, items: titles.map(named) })),
    }))
    const data = { ...facts.manifest.data, name: titles[0]! }
    const card = modelCard({
      ...facts,
      examples,
      manifest: { ...facts.manifest, data },
      report: { ...facts.report, notes: titles, override: { reason: titles[1]! } } as CardReport,
    })
    const all = elements(parseXml(card))
    expect(all.filter(({ name }) => name === 'script' || name === 'img')).toEqual([])
    expect(words(all.find(({ name }) => name === 'title')!)).toContain('<script>')
    expect(card.length).toBeLessThan(300_000)
  })
})
