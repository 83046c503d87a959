import * as v from 'valibot'
import { MAX_ITEM_ID_LENGTH } from '../domain/interaction.ts'
import { ItemDetailsSchema, Text } from './detailsFile.ts'
import { Moment, Site } from './fields.ts'
import { parseJson } from './manifest.ts'

export const OVERLAY_SCHEMA = 1
/** More would not fit into the document anyway (`MAX_OVERLAY_BYTES`); these hold before anything is built from it. */
const MAX_WITHDRAWN = 8192
const MAX_ITEMS = 1024
const MAX_TERMS = 512

/** What was signed is what is compared: an id in another Unicode form would be another text for the same item. */
const Id = v.pipe(
  v.string(),
  v.minLength(1),
  v.maxLength(MAX_ITEM_ID_LENGTH),
  v.check((id) => id === id.normalize('NFC'), 'must be in Unicode NFC'),
)
const Weight = v.pipe(v.number(), v.integer(), v.minValue(0), v.maxValue(255))

/** Attribute name, value, weight: a row of the content file by words instead of numbers, which no retraining outdates. */
const Term = v.tuple([Text, Text, Weight])

/** What is known of an item beside the bundle, or instead of it: whatever is given replaces what the bundle says. */
const OverlayItemSchema = v.object({
  id: Id,
  ...ItemDetailsSchema.entries,
  title: v.optional(Text),
  /** When the item could first be shown, ms since 1970 UTC. */
  releasedAt: v.optional(Moment),
  /** Content of an item that the catalogue may lack, its norm about 255 as in `contentFile.ts`. */
  terms: v.optional(v.pipe(v.array(Term), v.maxLength(MAX_TERMS))),
})

const distinct = (ids: readonly string[]) => new Set(ids).size === ids.length

/**
 * What the owner has said about single items since the bundle was trained. Items are named by id, never by number, so that
 * the same document holds for the bundles of tomorrow: an added item that they have becomes a change of its details.
 */
const OverlaySchema = v.object({
  schema: v.literal(OVERLAY_SCHEMA),
  site: Site,
  issued: Moment,
  /** Never shown, whatever else is said of them. */
  withdrawn: v.pipe(
    v.array(Id),
    v.maxLength(MAX_WITHDRAWN),
    v.check((ids) => distinct(ids), 'two ids are the same'),
  ),
  items: v.pipe(
    v.array(OverlayItemSchema),
    v.maxLength(MAX_ITEMS),
    v.check((items) => distinct(items.map(({ id }) => id)), 'two items have the same id'),
  ),
})
export type Overlay = v.InferOutput<typeof OverlaySchema>
export type OverlayItem = Overlay['items'][number]

/** @throws ForYouError `parse_error` naming the first field that is wrong */
export function parseOverlay(payload: string): Overlay {
  return parseJson(OverlaySchema, payload, 'overlay')
}
