import * as v from 'valibot'
import { ItemIdSchema } from '../domain/interaction.ts'
import { ItemDetailsSchema, Text } from './detailsFile.ts'
import { Count, Moment, Site } from './fields.ts'
import { parseJson } from './manifest.ts'

export const OVERLAY_SCHEMA = 1

/** Attribute name, value, weight: a row of the content file by words instead of numbers, which no retraining outdates. */
const Term = v.tuple([Text, Text, v.pipe(Count, v.maxValue(255))])

/** What is known of an item beside the bundle, or instead of it. */
const OverlayItemSchema = v.object({
  id: ItemIdSchema,
  /** Whatever is given replaces what the bundle says; an item that the bundle lacks needs a title. */
  details: v.object({ ...ItemDetailsSchema.entries, title: v.optional(Text) }),
  /** When the item could first be shown, ms since 1970 UTC. */
  releasedAt: v.optional(Moment),
  /**
   * Content of an item that the catalogue may lack, its norm about 255 as in `contentFile.ts`, in the order of name and value:
   * every vocabulary is sorted so.
   */
  terms: v.optional(v.array(Term)),
})

const TWICE = 'an id occurs twice'
const distinct = (ids: readonly string[]) => new Set(ids).size === ids.length

/**
 * What the owner has said about single items since the bundle was trained. Items are named by id, never by number, so that
 * the same document holds for the bundles of tomorrow: an added item that they have becomes a change of its details. How
 * many it may name is bounded by its length, `MAX_OVERLAY_BYTES`.
 */
const OverlaySchema = v.object({
  schema: v.literal(OVERLAY_SCHEMA),
  site: Site,
  issued: Moment,
  /** Never shown, whatever else is said of them. */
  withdrawn: v.pipe(
    v.array(ItemIdSchema),
    v.check((ids) => distinct(ids), TWICE),
  ),
  /** Of those that a bundle lacks the first ones are its newest. */
  items: v.pipe(
    v.array(OverlayItemSchema),
    v.check((items) => distinct(items.map(({ id }) => id)), TWICE),
  ),
})
export type Overlay = v.InferOutput<typeof OverlaySchema>
export type OverlayItem = Overlay['items'][number]

/** @throws ForYouError `parse_error` naming the first field that is wrong */
export function parseOverlay(payload: string): Overlay {
  return parseJson(OverlaySchema, payload, 'overlay')
}
