import { ForYouError } from '../../shared/domain/errors.ts'
import { readColumns } from './readColumns.ts'
import type { Question } from './splitFiles.ts'

/** What somebody else's model says, ready to be ranked. */
export interface ForeignScores {
  /** query → item ids with what they are ordered by, greatest first */
  readonly byQuery: ReadonlyMap<number, readonly { readonly item: string; readonly score: number }[]>
  readonly rows: number
  /** Rows that name no question of the split, or whose score is no number. */
  readonly unused: number
}

/**
 * Reads scores or slates: columns `item`, `score` or `rank` (1 is best; scores win where both are there), and `query`, or `user`
 * where every user is asked once.
 * @throws ForYouError `bad_data` naming what is missing
 */
export async function readForeignScores(
  path: string,
  questions: readonly Question[],
): Promise<ForeignScores> {
  const rows = await readColumns(
    path,
    ['item', 'query', 'user', 'score', 'rank'],
    ['query', 'user', 'score', 'rank'],
  )
  const has = (column: number) => rows.some((row) => row[column] !== null)
  if (!has(3) && !has(4)) {
    throw new ForYouError('bad_data', `${path} has neither a "score" nor a "rank".`, {
      hint: 'A row is one item of one question: query or user, item, score or rank.',
    })
  }
  const byRank = !has(3)
  const queryOf = has(1)
    ? (row: readonly (string | null)[]) => numberOf(row[1])
    : byUser(path, questions, has(2))
  const asked = new Set(questions.map(({ query }) => query))
  const byQuery = new Map<number, { item: string; score: number }[]>()
  let unused = 0
  for (const row of rows) {
    const query = queryOf(row)
    const score = byRank ? -numberOf(row[4]) : numberOf(row[3])
    if (!asked.has(query) || row[0] === null || !Number.isFinite(score)) {
      unused++
      continue
    }
    const list = byQuery.get(query)
    if (list) list.push({ item: row[0]!, score })
    else byQuery.set(query, [{ item: row[0]!, score }])
  }
  if (byQuery.size === 0) {
    throw new ForYouError('bad_data', `${path} answers no question of the split.`, {
      hint: `Questions are numbered 0 … ${questions.length - 1} in the column "query" of the split's files.`,
    })
  }
  return { byQuery, rows: rows.length, unused }
}

function numberOf(text: string | null | undefined): number {
  return text === null || text === undefined || text.trim() === '' ? Number.NaN : Number(text)
}

function byUser(path: string, questions: readonly Question[], hasUser: boolean) {
  const queries = new Map(questions.map(({ user, query }) => [user, query]))
  if (!hasUser || queries.size < questions.length) {
    throw new ForYouError('bad_data', `${path} needs a column "query".`, {
      hint: 'A column "user" is enough only where every user is asked once.',
    })
  }
  return (row: readonly (string | null)[]) => queries.get(row[2] ?? '') ?? Number.NaN
}
