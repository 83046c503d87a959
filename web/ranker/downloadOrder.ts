import { DELTA } from '../../shared/bundle/deltaFile.ts'
import { DETAILS_GROUP, SHARD_ROWS } from '../../shared/bundle/limits.ts'
import type { BundleFile, Manifest } from '../../shared/bundle/manifest.ts'

/**
 * What a bundle can do once a stage is complete:
 * 1. the popular slate
 * 2. personal slates from shard 0, with its details
 * 3. everything that ranks, and the golden cases to check it with
 * 4. the details of all items
 *
 * A device that wants less of a bundle skips what it does not want; its last stage is the last one with a file in it.
 */
export type Stage = 1 | 2 | 3 | 4
export const STAGES: readonly Stage[] = [1, 2, 3, 4]

export interface OrderedFile extends BundleFile {
  readonly stage: Stage
}

const FIRST = ['catalogue/0', 'popularity', DELTA.popularity, DELTA.items, 'ranker']
const SECOND = ['content/0', 'table/0', 'neighbours/0', 'transitions/0', 'details/0']
const WITH_ALL = ['golden', DELTA.golden, DELTA.items]
const SHARDED = ['catalogue', 'content', 'table', 'neighbours', 'transitions']

/** How much of a bundle is fetched: the device and the site decide, never anything that a visitor did. */
export interface Wanted {
  /** Shard 0 alone, with the details of its items, where memory or traffic is short. Slates then stay `partial`. */
  readonly lean: boolean
  /** False where the site tells by itself what there is to show of an item. */
  readonly details: boolean
}
const EVERYTHING: Wanted = { lean: false, details: true }
/** Groups of details that cover the rows of shard 0. */
const FIRST_GROUPS = SHARD_ROWS / DETAILS_GROUP

/**
 * The files that a visitor needs, in the order in which they are fetched. It depends on the manifest, the device and the
 * site: which blobs are requested never tells anything about a history.
 */
export function downloadOrder({ files }: Manifest, wanted: Wanted = EVERYTHING): OrderedFile[] {
  const whole = !wanted.lean || !files.some(({ role }) => role === 'catalogue/1')
  const ordered = files.flatMap((file) => {
    const place = placeOf(file.role)
    return place && wants(wanted, whole, file.role) ? { file, stage: place[0], rank: place[1] } : []
  })
  return ordered
    .sort((a, b) => a.stage - b.stage || a.rank - b.rank)
    .map(({ file, stage }) => ({ ...file, stage }))
}

/** @param whole whether what is fetched is the whole catalogue: golden cases and appended items are of use to nothing less */
function wants({ details }: Wanted, whole: boolean, role: string): boolean {
  const [name, shard = 0] = role.split('/')
  if (name === 'details') return details && (whole || Number(shard) < FIRST_GROUPS)
  return whole || (Number(shard) === 0 && !WITH_ALL.includes(role))
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

/** The stage after which nothing more of a bundle comes to a device. */
export function lastStage(order: readonly OrderedFile[]): Stage {
  return order.at(-1)?.stage ?? 1
}
