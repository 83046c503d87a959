import { readFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { describe, expect, test } from 'vitest'
import { ASSUMED, costs, costsTable, filesOf, PRICES } from './bench/costs.ts'

const ROOT = resolve(import.meta.dirname, '..')
const page = readFileSync(join(ROOT, 'docs/costs.md'), 'utf8')

describe('docs/costs.md', () => {
  test('shows what the program says', () => {
    expect(/<!-- costs -->\n([\s\S]*?)\n<!-- \/costs -->/.exec(page)?.[1]).toBe(costsTable())
  })

  test('its arithmetic in words is that of a million visitors, worked by hand', () => {
    const million = costs(1e6)
    expect(filesOf(12_608)).toBe(2 * 5 + 4 + 3)
    expect(million.requests / 1e6).toBeCloseTo(12 * 0.6 + 3 * 18 + 0.6, 6)
    expect(million.bill.requests).toBeCloseTo(51.8 * 0.3, 6)
    expect(million.bill.cpu).toBeCloseTo(31.8 * 0.02, 6)
    expect(million.billWorkersDev.reads).toBeCloseTo(114 * 0.36, 6)
    const sum = ({ total, ...parts }: typeof million.bill) => [
      total,
      Object.values(parts).reduce((a, b) => a + b, 0),
    ]
    for (const bill of [million.bill, million.billWorkersDev])
      expect(sum(bill)[0]).toBeCloseTo(sum(bill)[1]!, 9)
    for (const text of ['61.8 M', '$15.54', '$0.64', '123.6 M', '$41.04', '6,223', '0.09 GB', '2.4 M']) {
      expect(page).toContain(text)
    }
  })

  test('the free plan does for as many as it says', () => {
    expect(costs(24_000).bill.plan).toBe(0)
    expect(costs(25_000).bill.plan).toBe(PRICES.plan)
    expect(page).toContain('**24,000 visitors a month**')
    expect(costs(79_000).billWorkersDev.reads).toBe(0)
    expect(costs(82_000).billWorkersDev.reads).toBeGreaterThan(0)
    expect(page).toContain('80,000')
  })

  test('the bundle is about the one that the README measures', () => {
    const block = /<!-- bench:bundle -->([\s\S]*?)<!-- \/bench:bundle -->/.exec(
      readFileSync(join(ROOT, 'README.md'), 'utf8'),
    )![1]!
    const rows = Array.from(block.matchAll(/^\| ([a-z]+) \| ([\d.]+) kB \| ([\d.]+) kB \|$/gm))
    expect(rows.length).toBeGreaterThan(5)
    const sum = (column: number) => rows.reduce((total, row) => total + 1000 * Number(row[column]), 0)
    expect(sum(3) / ASSUMED.wireBytes).toBeGreaterThan(0.7)
    expect(sum(3) / ASSUMED.wireBytes).toBeLessThan(1.3)
    expect((sum(2) + sum(3)) / ASSUMED.storedBytes).toBeLessThan(1.3)
    expect(block).toContain(`${ASSUMED.items} items`)
  })
})
