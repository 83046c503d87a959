import { content, contentBm25, personalPopularity } from './content.ts'
import { ease } from './ease.ts'
import { embeddings } from './embeddings.ts'
import { ials } from './ials.ts'
import { itemKnn } from './itemKnn.ts'
import {
  popularityCount,
  popularityDecayed,
  popularityMean,
  popularityTrending,
} from './popularityTrainers.ts'
import { tableAndNeighbours } from './tableAndNeighbours.ts'
import type { Trainer } from './trainer.ts'
import { transitions } from './transitions.ts'

/** Every trainer there is; the contract suite runs over this list. */
export const TRAINERS: readonly Trainer[] = [
  popularityCount,
  popularityMean,
  popularityDecayed,
  popularityTrending,
  personalPopularity,
  content,
  contentBm25,
  tableAndNeighbours,
  transitions,
  itemKnn,
  ials,
  embeddings,
  ease,
]

export function trainerNamed(name: string): Trainer | undefined {
  return TRAINERS.find((trainer) => trainer.name === name)
}
