import { ForYouError } from '../../../shared/domain/errors.ts'
import type { Dataset, Embeddings } from '../../dataset.ts'
import { canonicalId } from '../idCodes.ts'
import { readBytes } from '../readBytes.ts'
import { isParquet } from '../tableFormat.ts'
import type { DenseTensor } from './denseTensor.ts'
import { isNpy, readNpy } from './readNpy.ts'
import { isSafetensors, readSafetensors } from './readSafetensors.ts'
import { readVectorTable } from './readVectorTable.ts'

/** More rows than this share with a NaN or an infinity, and the file is not trusted. */
const MAX_BAD_SHARE = 0.01

export interface NamedVectors {
  readonly ids: readonly string[]
  readonly vectors: DenseTensor
}

/**
 * Gives a dataset the vectors that somebody brings along: `.npy` or safetensors with an id file, or a CSV, JSON-lines or
 * Parquet table with an id column. Told by their first bytes.
 * @param idsPath one id a line, or a JSON list, in the order of the rows
 * @throws ForYouError `bad_data` where vectors and ids do not fit, more than 1 % of the rows are not finite, or no id is
 *   known to the data
 */
export async function withEmbeddings(dataset: Dataset, path: string, idsPath?: string): Promise<Dataset> {
  const { ids, vectors } = await readNamed(path, idsPath)
  const [rows = 0, dims = 0] = vectors.shape
  if (vectors.shape.length !== 2 || rows === 0 || dims < 2) {
    throw new ForYouError('bad_data', `${path} holds ${vectors.shape.join(' × ') || 'no'} numbers.`, {
      hint: 'An array of items × dims is needed, at least two dims.',
    })
  }
  if (ids.length !== rows) {
    throw new ForYouError('bad_data', `${path} has ${rows} vectors, but there are ${ids.length} ids.`, {
      hint: 'One id a vector, in the same order.',
    })
  }
  return { ...dataset, embeddings: matched(dataset, ids, vectors.values, dims, path) }
}

/** One sentence on what was read. */
export function embeddingsNote({ dims, hasRow, unknown, repeated, notFinite, missing }: Embeddings): string {
  const known = hasRow.reduce((sum, has) => sum + has, 0)
  const left = [
    [missing, 'items have none'],
    [unknown, 'belong to no item'],
    [repeated, 'repeat an item'],
    [notFinite, 'are not finite'],
  ] as const
  const rest = left.flatMap(([count, what]) => (count > 0 ? [`${count} ${what}`] : []))
  return `vectors of ${dims} dims for ${known} items${rest.map((text) => `, ${text}`).join('')}`
}

async function readNamed(path: string, idsPath: string | undefined): Promise<NamedVectors> {
  const given = idsPath === undefined ? undefined : await readIds(idsPath)
  if (await isParquet(path)) return withIds(await readVectorTable(path), given)
  const bytes = await readBytes(path)
  if (isNpy(bytes)) return withIds({ vectors: readNpy(path, bytes) }, given, path)
  if (isSafetensors(bytes)) return withIds(readSafetensors(path, bytes), given, path)
  return withIds(await readVectorTable(path), given)
}

function withIds(
  read: { readonly vectors: DenseTensor; readonly ids?: readonly string[] },
  given: readonly string[] | undefined,
  path = '',
): NamedVectors {
  const ids = given ?? read.ids
  if (ids) return { vectors: read.vectors, ids }
  throw new ForYouError('bad_usage', `${path} does not say which vector belongs to which item.`, {
    hint: 'Give their ids, one a line in the same order: --ids FILE.',
  })
}

async function readIds(path: string): Promise<string[]> {
  const text = (await readBytes(path)).toString('utf8').replace(/^\uFEFF/, '')
  if (text.trimStart().startsWith('[')) {
    try {
      return (JSON.parse(text) as unknown[]).map(String)
    } catch (cause) {
      throw new ForYouError('bad_data', `${path} begins like a JSON list, but is none.`, { cause })
    }
  }
  const lines = text.split(/\r?\n/)
  if (lines.at(-1) === '') lines.pop()
  return lines
}

/** Vectors by item index; what belongs to no item, or comes twice, or is not finite, is counted. */
function matched(
  dataset: Dataset,
  ids: readonly string[],
  values: Float64Array,
  dims: number,
  path: string,
): Embeddings {
  const indexes = new Map(dataset.catalogue.map(({ id }, i) => [id, i]))
  const rows = new Float32Array(dataset.catalogue.length * dims)
  const hasRow = new Uint8Array(dataset.catalogue.length)
  const counts = { unknown: 0, repeated: 0, notFinite: 0 }
  let firstBad = -1
  for (const [r, raw] of ids.entries()) {
    const id = canonicalId(raw)
    const index = id.ok ? indexes.get(id.id) : undefined
    const vector = values.subarray(r * dims, r * dims + dims)
    if (!vector.every(Number.isFinite)) {
      counts.notFinite++
      if (firstBad < 0) firstBad = r
    } else if (index === undefined) counts.unknown++
    else if (hasRow[index]) counts.repeated++
    else {
      rows.set(vector, index * dims)
      hasRow[index] = 1
    }
  }
  if (counts.notFinite > ids.length * MAX_BAD_SHARE) {
    throw new ForYouError(
      'bad_data',
      `${path}: ${counts.notFinite} of ${ids.length} vectors hold NaN, an infinity or no number, first row ${firstBad + 1}.`,
      { hint: 'Repair what computes them: a vector that is not finite ranks nothing.' },
    )
  }
  const known = hasRow.reduce((sum, has) => sum + has, 0)
  if (known === 0) {
    throw new ForYouError(
      'bad_data',
      `${path}: none of the ${ids.length} ids is an item of ${dataset.name}.`,
      {
        hint: `Its ids look like "${ids[0]}", those of the data like "${dataset.catalogue[0]?.id}".`,
      },
    )
  }
  return { dims, rows, hasRow, ...counts, missing: dataset.catalogue.length - known }
}
