import type { Bundle } from '../../bundle/openBundle.ts'
import type { Where } from '../../domain/rules.ts'

/** A set of items that was compiled once. */
export interface ItemSet {
  has(item: number): boolean
  /** Rising. */
  readonly items: Int32Array
}

type Attributes = NonNullable<Where['attributes']>

export interface WhereIndex {
  /** Items that are named, and items that carry every one of the attributes: any of the values given for it. */
  matching(where: Where): ItemSet
  /** Terms of an item under one attribute, none where the catalogue has no such attribute. */
  termsOf(attribute: string, item: number): readonly number[]
}

/** Filters of a page are few and come again with every slate. */
const KEPT = 64

/**
 * Sets of items by attributes. What the catalogue does not have matches nothing. A set is a bitset and a list: a wide one is
 * tested item by item, a narrow one walked.
 */
export function whereIndex({ content, items, numberOf }: Bundle): WhereIndex {
  const known = new Map<string, ItemSet>()

  function compiled({ items: ids = [], attributes }: Where): ItemSet {
    const bits = new Uint8Array((items + 7) >> 3)
    const add = (item: number) => {
      bits[item >> 3]! |= 1 << (item & 7)
    }
    for (const id of ids) {
      const item = numberOf.get(id.normalize('NFC'))
      if (item !== undefined) add(item)
    }
    if (attributes) eachCarrying(attributes, add)
    const has = (item: number) => ((bits[item >> 3] ?? 0) & (1 << (item & 7))) !== 0
    const list: number[] = []
    for (let i = 0; i < items; i++) if (has(i)) list.push(i)
    return { has, items: Int32Array.from(list) }
  }

  function eachCarrying(attributes: Attributes, add: (item: number) => void): void {
    if (!content) return
    const { names, values, nameOf } = content.vocabulary
    const wanted = Object.entries(attributes).map(([name, given]) => {
      const n = names.indexOf(name)
      const any = new Set([given].flat().map((value) => value.normalize('NFC')))
      return Uint8Array.from(values, (value, term) => Number(nameOf[term] === n && any.has(value)))
    })
    for (let i = 0; i < items; i++) {
      const terms = content.columns.subarray(content.offsets[i]!, content.offsets[i + 1]!)
      if (wanted.every((is) => terms.some((term) => is[term] === 1))) add(i)
    }
  }

  return {
    matching(where) {
      const key = JSON.stringify(where)
      const set = known.get(key) ?? compiled(where)
      known.delete(key)
      known.set(key, set)
      if (known.size > KEPT) known.delete(known.keys().next().value!)
      return set
    },
    termsOf(attribute, item) {
      if (!content || item >= items) return []
      const name = content.vocabulary.names.indexOf(attribute)
      const terms = content.columns.subarray(content.offsets[item]!, content.offsets[item + 1]!)
      return [...terms].filter((term) => content.vocabulary.nameOf[term] === name)
    },
  }
}
