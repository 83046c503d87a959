import { DELTA } from '../../shared/bundle/deltaFile.ts'
import type { BundleFile, Manifest } from '../../shared/bundle/manifest.ts'

/**
 * What a bundle can do once a stage is complete:
 * 1. the popular slate
 * 2. personal slates from shard 0, with its details
 * 3. everything that ranks, and the golden cases to check it with
 * 4. the details of all items
 */
export type Stage = 1 | 2 | 3 | 4
export const STAGES: readonly Stage[] = [1, 2, 3, 4]

export interface OrderedFile extends BundleFile {
  readonly stage: Stage
}

const FIRST = ['catalogue/0', 'popularity', DELTA.popularity, DELTA.items, 'ranker']
const SECOND = ['content/0', 'table/0', 'neighbours/0', 'transitions/0', 'details/0']
const SHARDED = ['catalogue', 'content', 'table', 'neighbours', 'transitions']

/**
 * The files that a visitor needs, in the order in which they are fetched. It depends on the manifest alone: which blobs are
 * requested never tells anything about a history.
 */
export function downloadOrder({ files }: Manifest): OrderedFile[] {
  const ordered = files.flatMap((file) => {
    const place = placeOf(file.role)
    return place ? { file, stage: place[0], rank: place[1] } : []
  })
  return ordered
    .sort((a, b) => a.stage - b.stage || a.rank - b.rank)
    .map(({ file, stage }) => ({ ...file, stage }))
}

/** Roles that only the edge or a person reads (`popular.json`, `report`) are not fetched. */
function placeOf(role: string): [stage: Stage, rank: number] | null {
  if (FIRST.includes(role)) return [1, FIRST.indexOf(role)]
  if (SECOND.includes(role)) return [2, SECOND.indexOf(role)]
  if (role === 'golden' || role === DELTA.golden) return [3, Number.MAX_SAFE_INTEGER]
  const [name = '', shard] = role.split('/')
  if (shard === undefined) return null
  if (SHARDED.includes(name)) return [3, Number(shard) * SHARDED.length + SHARDED.indexOf(name)]
  return name === 'details' ? [4, Number(shard)] : null
}
