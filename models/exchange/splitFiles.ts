import { mkdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import * as v from 'valibot'
import { parseJson } from '../../shared/bundle/manifest.ts'
import { ForYouError } from '../../shared/domain/errors.ts'
import type { UserHistory } from '../../shared/domain/interaction.ts'
import type { Dataset } from '../dataset.ts'
import { openParquet, type ParquetType, type ParquetValue } from '../ingest/parquetWriter.ts'
import type { Settings } from '../settings.ts'
import { replayDays } from '../split/replay.ts'
import { type Problem, testProblem, validationProblem } from '../tune/problem.ts'
import { writeWhole } from '../writeWhole.ts'

const SplitSchema = v.object({
  format: v.literal(1),
  name: v.string(),
  order: v.picklist(['time', 'sequence', 'none']),
  protocol: v.string(),
  seed: v.number(),
  fingerprint: v.string(),
  /** ms since 1970: where validation and test begin; `null` without times. */
  validationFrom: v.nullable(v.number()),
  testFrom: v.nullable(v.number()),
  queries: v.object({ validation: v.number(), test: v.number() }),
})
export type SplitFacts = v.InferOutput<typeof SplitSchema>

/** One question of a split: what may be folded in, and what should be found. */
export interface Question {
  readonly query: number
  readonly user: string
  readonly history: UserHistory
  readonly relevant: readonly string[]
  /** ms since 1970, or the step: the moment that is asked about. */
  readonly at: number
}

const ROWS = {
  user: 'VARCHAR',
  item: 'VARCHAR',
  time: 'BIGINT',
  value: 'DOUBLE',
  positive: 'BOOLEAN',
} as const
const ASKED = { query: 'INTEGER', user: 'VARCHAR', item: 'VARCHAR', time: 'BIGINT' } as const
const HISTORIES = {
  part: 'VARCHAR',
  query: 'INTEGER',
  position: 'INTEGER',
  item: 'VARCHAR',
  time: 'BIGINT',
} as const

/** The questions of a problem, by user and moment: their numbers are their places. */
export function questionsOf(problem: Problem, dataset: Dataset): Question[] {
  const questions =
    problem.kind === 'daily'
      ? replayDays(problem.data, problem.cut, problem.end).flatMap(({ events }) =>
          events.map(({ row, user, target, history }) => ({
            user,
            history,
            relevant: [target],
            at: problem.data.times[row]!,
          })),
        )
      : problem.queries.map((query) => ({ ...query, at: query.history.at(-1)?.at ?? 0 }))
  return questions.map(({ user, history, relevant, at, ...rest }, query) => {
    const name = 'name' in rest && typeof rest.name === 'string' ? rest.name : dataset.users[user]!
    return { query, user: name, history, relevant, at }
  })
}

/** A split to be written: what is asked at the end, and what is asked while settings are chosen. */
export interface Split {
  readonly dataset: Dataset
  readonly test: Problem
  readonly validation: Problem
}

/** The split that `foryou train` evaluates on, and the one that `foryou tune` chooses on, with all of its questions. */
export function splitOf(dataset: Dataset, settings: Settings): Split {
  return {
    dataset,
    test: testProblem(dataset, settings),
    validation: validationProblem(dataset, settings, Number.POSITIVE_INFINITY),
  }
}

/**
 * Writes a split as Parquet: `train`, `validation`, `test`, `histories`, `items`, with times also `later` (what happens after
 * the cut, for popularity that is refreshed), and `split.json`, last.
 */
export async function writeSplit(
  folder: string,
  { dataset, test, validation }: Split,
  { seed, fingerprint }: { readonly seed: number; readonly fingerprint: string },
): Promise<SplitFacts> {
  const asked = { validation: questionsOf(validation, dataset), test: questionsOf(test, dataset) }
  mkdirSync(folder, { recursive: true })
  const fitted = new Set(knownRows(validation).map(keyOf))
  await write(
    join(folder, 'train.parquet'),
    { ...ROWS, validation: 'BOOLEAN' },
    knownRows(test).map((row) => [...row, !fitted.has(keyOf(row))]),
  )
  if (test.kind === 'daily') {
    const { data, cut } = test
    await write(
      join(folder, 'later.parquet'),
      ROWS,
      rowsOf(data, (row) => data.times[row]! >= cut),
    )
  }
  await writeQuestions(folder, asked)
  await write(
    join(folder, 'items.parquet'),
    { item: 'VARCHAR', title: 'VARCHAR', year: 'INTEGER' },
    dataset.catalogue.map(({ id, title, year }) => [id, title, year ?? null]),
  )
  const facts: SplitFacts = {
    format: 1,
    name: dataset.name,
    order: dataset.order,
    protocol:
      test.kind === 'daily' ? 'temporal: daily windows, popularity refreshed at midnight' : test.protocol,
    seed,
    fingerprint,
    validationFrom: validation.kind === 'daily' ? validation.cut : null,
    testFrom: test.kind === 'daily' ? test.cut : null,
    queries: { validation: asked.validation.length, test: asked.test.length },
  }
  writeWhole(join(folder, 'split.json'), `${JSON.stringify(facts, null, 2)}\n`)
  return facts
}

type Asked = Readonly<Record<'validation' | 'test', readonly Question[]>>

async function writeQuestions(folder: string, asked: Asked): Promise<void> {
  for (const part of ['validation', 'test'] as const) {
    await write(
      join(folder, `${part}.parquet`),
      ASKED,
      asked[part].flatMap(({ query, user, relevant, at }) => relevant.map((item) => [query, user, item, at])),
    )
  }
  await write(
    join(folder, 'histories.parquet'),
    HISTORIES,
    (['validation', 'test'] as const).flatMap((part) =>
      asked[part].flatMap(({ query, history }) =>
        history.map(({ item, at }, position) => [part, query, position, item, at]),
      ),
    ),
  )
}

/** What a model may learn from before it is asked. */
function knownRows(problem: Problem): Row[] {
  if (problem.kind === 'fold-in') return rowsOf(problem.data)
  const { data, cut } = problem
  return rowsOf(data, (row) => data.times[row]! < cut)
}

/** @throws ForYouError `not_found` where the folder is no split */
export function readSplitFacts(folder: string): SplitFacts {
  let text: string
  try {
    text = readFileSync(join(folder, 'split.json'), 'utf8')
  } catch (cause) {
    throw new ForYouError('not_found', `${folder} holds no split (no split.json).`, {
      cause,
      hint: 'Make one with: foryou evaluate --data NAME --split-out DIR',
    })
  }
  return parseJson(SplitSchema, text, 'split')
}

type Row = readonly ParquetValue[]

function rowsOf(data: Dataset, keep: (row: number) => boolean = () => true): Row[] {
  const rows: Row[] = []
  for (let user = 0; user < data.users.length; user++) {
    for (let r = data.offsets[user]!; r < data.offsets[user + 1]!; r++) {
      if (!keep(r)) continue
      const value = data.values[r]!
      rows.push([
        data.users[user]!,
        data.catalogue[data.items[r]!]!.id,
        data.times[r]!,
        Number.isNaN(value) ? null : value,
        data.positive[r] === 1,
      ])
    }
  }
  return rows
}

const keyOf = ([user, item, time]: Row) => `${user}\u0000${item}\u0000${time}`

async function write(
  path: string,
  columns: Readonly<Record<string, ParquetType>>,
  rows: readonly Row[],
): Promise<void> {
  const file = await openParquet(path, columns)
  try {
    for (const row of rows) file.add(row)
  } catch (error) {
    await file.abandon()
    throw error
  }
  await file.close()
}
