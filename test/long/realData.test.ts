import { spawnSync } from 'node:child_process'
import { existsSync, mkdtempSync, readFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { loadDataset } from '../../models/ingest/loadDataset.ts'
import type { LocalEdge } from '../../models/publish/localEdge.ts'
import { liveEdge, newVisitor, openBrowser, ROOT, shown, trainedFolder } from '../e2e/site.ts'

const DATA = process.env.FORYOU_DATA ?? join(ROOT, 'data')
const has = (name: string) => existsSync(join(DATA, name))

function foryou(...args: string[]) {
  const result = spawnSync(process.execPath, [join(ROOT, 'models/cli/foryou.js'), ...args], {
    encoding: 'utf8',
    cwd: ROOT,
  })
  return { code: result.status, out: result.stdout, err: result.stderr }
}

describe.runIf(has('gowalla'))('Gowalla, given files', () => {
  test('recall@20 and NDCG@20 keep their bar, re-scored here from the written slates alone', () => {
    const slates = join(mkdtempSync(join(tmpdir(), 'foryou-gowalla-')), 'slates.tsv')
    const folder = join(DATA, 'gowalla')
    const { code, err } = foryou(
      'evaluate',
      '--train',
      join(folder, 'train.txt'),
      '--test',
      join(folder, 'test.txt'),
      '--format',
      'lists',
      '--slates',
      slates,
    )
    expect(err).toContain('ranking for')
    expect(code).toBe(0)
    const wanted = new Map(
      readFileSync(join(folder, 'test.txt'), 'utf8')
        .trim()
        .split('\n')
        .map((line) => {
          const [user, ...items] = line.trim().split(' ')
          return [user!, new Set(items)] as const
        }),
    )
    let recall = 0
    let ndcg = 0
    let users = 0
    for (const line of readFileSync(slates, 'utf8').trim().split('\n')) {
      const [user, items] = line.split('\t')
      const relevant = wanted.get(user!)!
      if (relevant.size === 0) continue
      const hits = items!
        .split(',')
        .slice(0, 20)
        .map((item) => (relevant.has(item) ? 1 : 0))
      const ideal = hits.map((_, r) => (r < relevant.size ? 1 : 0))
      recall += hits.reduce<number>((sum, hit) => sum + hit, 0) / relevant.size
      ndcg += discounted(hits) / discounted(ideal)
      users++
    }
    expect(users).toBeGreaterThan(29_000)
    expect(recall / users).toBeGreaterThanOrEqual(0.1818)
    expect(ndcg / users).toBeGreaterThanOrEqual(0.1511)
  })
})

function discounted(gains: readonly number[]): number {
  return gains.reduce((sum, gain, r) => sum + gain / Math.log2(r + 2), 0)
}

describe.runIf(has('beauty'))('Beauty, last item out', () => {
  test('recall@10 and NDCG@10 keep their bar, re-scored here from the written slates alone', () => {
    const slates = join(mkdtempSync(join(tmpdir(), 'foryou-beauty-')), 'slates.tsv')
    const file = join(DATA, 'beauty', 'interactions.txt')
    expect(foryou('evaluate', '--sequences', file, '--slates', slates).code).toBe(0)
    const lines = readFileSync(file, 'utf8').trim().split('\n')
    const last = new Map(lines.map((line) => [line.split(' ')[0]!, line.trim().split(' ').at(-1)!]))
    let hits = 0
    let ndcg = 0
    for (const line of readFileSync(slates, 'utf8').trim().split('\n')) {
      const [user, items] = line.split('\t')
      const place = items!.split(',').slice(0, 10).indexOf(last.get(user!)!)
      if (place < 0) continue
      hits++
      ndcg += 1 / Math.log2(place + 2)
    }
    expect(hits / last.size).toBeGreaterThanOrEqual(0.0928)
    expect(ndcg / last.size).toBeGreaterThanOrEqual(0.0523)
  })
})

describe.runIf(has('movietweetings'))('MovieTweetings in the browser', () => {
  let edge: LocalEdge
  let browser: Awaited<ReturnType<typeof openBrowser>>
  beforeAll(async () => {
    const dataset = await loadDataset('movietweetings', {
      env: { FORYOU_DATA: DATA },
      root: ROOT,
      now: Date.now(),
    })
    const folder = await trainedFolder(dataset)
    ;[edge, browser] = await Promise.all([liveEdge(join(folder, 'release')), openBrowser()])
  })
  afterAll(async () => {
    await browser?.close()
    await edge?.stop()
  })

  test('three films change the slate, and the reason is personal', async () => {
    const { context, page, errors } = await newVisitor(browser)
    await page.goto(`${edge.url}/`)
    const first = await shown(page, 'for-you')
    expect(first.reason).toBe('popular')
    for (const film of first.items.slice(0, 3)) {
      await page.goto(`${edge.url}/film?id=${encodeURIComponent(film)}`)
      await shown(page, 'similar')
    }
    await page.goto(`${edge.url}/`)
    const second = await shown(page, 'for-you', ({ reason }) => reason === 'personal')
    expect(second.items).not.toEqual(first.items)
    expect(second.items).toHaveLength(12)
    for (const film of first.items.slice(0, 3)) expect(second.items).not.toContain(film)
    expect(errors).toEqual([])
    await context.close()
  })
})
