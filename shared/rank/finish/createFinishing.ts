import type { Bundle } from '../../bundle/openBundle.ts'
import type { RankQuery, Surface } from '../../domain/slate.ts'
import { type Controls, compileControls } from './controls.ts'
import { type Entry, type FinishQuery, finish, type Pool } from './finish.ts'
import { whereIndex } from './whereIndex.ts'

/** What rules and control need, over one bundle. A part of its own: a page without either never loads it. */
export interface Finishing {
  /** @throws ForYouError `bad_usage` naming the option and what is wrong with it */
  controls(query: RankQuery, surface: Surface): Controls
  /** One page out of a pool, see `finish`. */
  page(pool: Pool, controls: Controls, query: FinishQuery): Entry[]
}
export type CreateFinishing = (bundle: Bundle) => Finishing

export const createFinishing: CreateFinishing = (bundle) => {
  const index = whereIndex(bundle)
  return {
    controls: (query, surface) => compileControls(query, query.rules ?? [], surface, index),
    page: (pool, controls, query) => finish(bundle, index, pool, controls, query),
  }
}
