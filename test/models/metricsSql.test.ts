import { DuckDBInstance } from '@duckdb/node-api'
import { expect, test } from 'vitest'
import { queryMetrics } from '../../models/evaluate/metrics.ts'
import { seededRandom, shuffle } from '../../models/random.ts'

const ITEMS = 60

/** One row a query; `q` has its number of relevant items, `h` its hits with their rank and how many there were up to it. */
const sql = (k: number) => `
  WITH q AS (SELECT query, count(*) AS t FROM relevant GROUP BY query),
  h AS (
    SELECT query, rank, row_number() OVER (PARTITION BY query ORDER BY rank) AS nth
    FROM ranked JOIN relevant USING (query, item)
  ),
  ideal AS (
    SELECT query, sum(1 / log2(r + 1)) AS best
    FROM q, LATERAL (SELECT unnest(range(1, least(t, ${k}) + 1)) AS r) GROUP BY query
  )
  SELECT q.query,
    count(rank) FILTER (rank <= ${k}) / ${k} AS "precision@${k}",
    count(rank) FILTER (rank <= ${k}) / any_value(t) AS "recall@${k}",
    count(rank) FILTER (rank <= ${k}) / least(any_value(t), ${k}) AS "recall-capped@${k}",
    CASE WHEN min(rank) <= ${k} THEN 1 ELSE 0 END AS "hit-rate@${k}",
    coalesce(sum(nth / rank) FILTER (rank <= ${k}), 0) / least(any_value(t), ${k}) AS "map@${k}",
    coalesce(sum(1 / log2(rank + 1)) FILTER (rank <= ${k}), 0) / any_value(best) AS "ndcg@${k}",
    coalesce(1 / min(rank), 0) AS mrr
  FROM q JOIN ideal USING (query) LEFT JOIN h USING (query) GROUP BY q.query ORDER BY q.query`

test('every metric agrees with SQL, which shares no code, on random lists: short, long, and without a hit', async () => {
  const random = seededRandom(21)
  const cases = Array.from({ length: 150 }, () => {
    const items = shuffle(
      Array.from({ length: ITEMS }, (_, i) => i),
      random,
    )
    const ranked = items.slice(0, Math.floor(random() * ITEMS))
    const others = shuffle(items.slice(), random).slice(0, 1 + Math.floor(random() * 30))
    return { ranked, relevant: [...others, ...(random() < 0.3 ? [ITEMS + 1] : [])] }
  })
  const connection = await (await DuckDBInstance.create()).connect()
  await connection.run('CREATE TABLE ranked (query INT, rank INT, item INT)')
  await connection.run('CREATE TABLE relevant (query INT, item INT)')
  const rows = (of: (c: (typeof cases)[number], q: number) => string[]) => cases.flatMap(of).join(',')
  await connection.run(
    `INSERT INTO ranked VALUES ${rows(({ ranked }, q) => ranked.map((item, r) => `(${q},${r + 1},${item})`))}`,
  )
  await connection.run(
    `INSERT INTO relevant VALUES ${rows(({ relevant }, q) => relevant.map((item) => `(${q},${item})`))}`,
  )
  let compared = 0
  for (const k of [10, 20, 100]) {
    const found = (await connection.runAndReadAll(sql(k))).getRowObjectsJS()
    expect(found).toHaveLength(cases.length)
    for (const [q, row] of found.entries()) {
      const mine = queryMetrics(cases[q]!.ranked, new Set(cases[q]!.relevant))
      for (const [name, value] of Object.entries(row)) {
        if (name === 'query') continue
        expect(mine[name], `${name} of case ${q}`).toBeCloseTo(Number(value), 12)
        compared++
      }
    }
  }
  expect(compared).toBe(150 * 3 * 7)
})
