import type { Rung } from '../../shared/bundle/manifest.ts'
import type { NeighbourLists } from './neighbourLists.ts'
import type { ContentRows, ItemTable, Model } from './trainer.ts'

/** Which parts make a model of a rung. */
const PARTS: Readonly<Record<string, readonly (keyof Model)[]>> = {
  'personal-popularity': ['content'],
  content: ['content'],
  collaborative: ['neighbours', 'table'],
  transitions: ['transitions'],
}

/**
 * What keeps a model from being encoded, in words; `null` where nothing does. Lengths, ranges and finite numbers: a NaN that gets
 * into a bundle would be somebody's empty slate.
 */
export function checkedModel(model: Model | undefined, rung: Rung, items: number): string | null {
  if (typeof model !== 'object' || model === null) return 'it is no object'
  if (model.referee) return null // nothing of it is encoded
  const parts = PARTS[rung] ?? []
  if (!parts.some((part) => model[part] !== undefined))
    return `it has no part for the rung ${rung} (${parts.join(' or ')})`
  return (
    (model.neighbours ? listsFault(model.neighbours, 'neighbours', items) : null) ??
    (model.transitions ? listsFault(model.transitions, 'transitions', items) : null) ??
    (model.table ? tableFault(model.table, items) : null) ??
    (model.content ? contentFault(model.content, items) : null) ??
    (model.tableWeight !== undefined && !(model.tableWeight >= 0 && Number.isFinite(model.tableWeight))
      ? `tableWeight is ${model.tableWeight}`
      : null)
  )
}

function listsFault(
  { offsets, targets, weights }: NeighbourLists,
  name: string,
  items: number,
): string | null {
  const fault = offsetsFault(offsets, targets?.length ?? -1, name, items)
  if (fault) return fault
  if (weights.length !== targets.length)
    return `${name} have ${targets.length} targets and ${weights.length} weights`
  for (let e = 0; e < targets.length; e++) {
    if (!(targets[e]! >= 0 && targets[e]! < items))
      return `${name}.targets[${e}] is ${targets[e]}: there are ${items} items`
    if (!(weights[e]! > 0 && Number.isFinite(weights[e])))
      return `${name}.weights[${e}] is ${weights[e]}, not above 0`
  }
  return null
}

function tableFault({ dims, rows, inputScale, hasRow }: ItemTable, items: number): string | null {
  if (!(Number.isInteger(dims) && dims >= 1 && dims <= 128)) return `table.dims is ${dims}: 1 to 128 fit`
  if (rows?.length !== items * dims)
    return `table.rows has ${rows?.length} numbers, ${items} items × ${dims} are needed`
  if (inputScale?.length !== items)
    return `table.inputScale has ${inputScale?.length} numbers, ${items} are needed`
  if (hasRow?.length !== items) return `table.hasRow has ${hasRow?.length} entries, ${items} are needed`
  const row = rows.findIndex((x) => !Number.isFinite(x))
  if (row >= 0) return `table.rows[${row}] is ${rows[row]}`
  const scale = inputScale.findIndex((x) => !(x >= 0 && Number.isFinite(x)))
  return scale >= 0 ? `table.inputScale[${scale}] is ${inputScale[scale]}` : null
}

function contentFault({ offsets, terms, weights, values }: ContentRows, items: number): string | null {
  const fault = offsetsFault(offsets, terms?.length ?? -1, 'content', items)
  if (fault) return fault
  if (weights.length !== terms.length)
    return `content has ${terms.length} terms and ${weights.length} weights`
  const term = terms.findIndex((t) => t >= values.length)
  return term >= 0 ? `content.terms[${term}] is ${terms[term]}: there are ${values.length} values` : null
}

function offsetsFault(
  offsets: ArrayLike<number> | undefined,
  entries: number,
  name: string,
  items: number,
): string | null {
  if (offsets?.length !== items + 1)
    return `${name}.offsets has ${offsets?.length} entries, ${items + 1} are needed`
  if (offsets[0] !== 0 || offsets[items] !== entries)
    return `${name}.offsets must begin with 0 and end with ${entries}`
  for (let i = 0; i < items; i++)
    if (offsets[i]! > offsets[i + 1]!) return `${name}.offsets falls at ${i + 1}`
  return null
}
