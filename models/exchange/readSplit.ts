import { join } from 'node:path'
import type { CatalogueItem } from '../../shared/domain/catalogue.ts'
import { type Dataset, makeDataset, type RawInteraction } from '../dataset.ts'
import { readColumns, type TextRow } from './readColumns.ts'
import { type Question, readSplitFacts, type SplitFacts } from './splitFiles.ts'

/** A split read back: one part's questions, and what may be known for them. */
export interface LoadedSplit {
  readonly facts: SplitFacts
  /** With times everything up to the end of the test, else what a model may learn from. */
  readonly data: Dataset
  /** ms since 1970: models end here, questions begin. `null` without times. */
  readonly from: number | null
  readonly questions: readonly Question[]
}

export type Part = 'validation' | 'test'

/** Reads a folder that `writeSplit` wrote. @throws ForYouError `not_found`, `bad_data` or `parse_error` */
export async function readSplit(folder: string, part: Part): Promise<LoadedSplit> {
  const facts = readSplitFacts(folder)
  const columns = ['user', 'item', 'time', 'value', 'positive']
  const training = await readColumns(join(folder, 'train.parquet'), [...columns, 'validation'])
  const timed = facts.order === 'time'
  const later = timed ? await readColumns(join(folder, 'later.parquet'), columns) : []
  const kept =
    timed || part === 'test' ? training : training.filter(([, , , , , hidden]) => hidden !== 'true')
  const data = makeDataset({
    name: facts.name,
    order: facts.order,
    catalogue: (await readColumns(join(folder, 'items.parquet'), ['item', 'title', 'year'])).map(itemOf),
    interactions: [...kept, ...later].map(interactionOf),
    ingest: { files: [folder], rows: 0, used: 0, rejected: {}, examples: [], notes: [] },
  })
  return {
    facts,
    data,
    from: part === 'test' ? facts.testFrom : facts.validationFrom,
    questions: await readQuestions(folder, part),
  }
}

function itemOf([id, title, year]: TextRow): CatalogueItem {
  return { id: id!, title: title ?? id!, ...(year === null ? {} : { year: Number(year) }) }
}

function interactionOf([user, item, time, value, positive]: TextRow): RawInteraction {
  return {
    user: user!,
    item: item!,
    at: Number(time),
    value: value === null ? Number.NaN : Number(value),
    positive: positive === 'true',
  }
}

async function readQuestions(folder: string, part: Part): Promise<Question[]> {
  const histories = new Map<string, { item: string; kind: 'view'; at: number }[]>()
  const steps = await readColumns(join(folder, 'histories.parquet'), [
    'part',
    'query',
    'position',
    'item',
    'time',
  ])
  for (const [of, query, position, item, time] of steps) {
    if (of !== part) continue
    const history = histories.get(query!) ?? []
    history[Number(position)] = { item: item!, kind: 'view', at: Number(time) }
    histories.set(query!, history)
  }
  const questions = new Map<string, Question & { relevant: string[] }>()
  for (const [query, user, item, time] of await readColumns(join(folder, `${part}.parquet`), [
    'query',
    'user',
    'item',
    'time',
  ])) {
    const question = questions.get(query!)
    if (question) question.relevant.push(item!)
    else
      questions.set(query!, {
        query: Number(query),
        user: user!,
        history: histories.get(query!) ?? [],
        relevant: [item!],
        at: Number(time),
      })
  }
  return [...questions.values()].sort((a, b) => a.query - b.query)
}
