import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import * as v from 'valibot'
import { Count, Sha256 } from '../../shared/bundle/fields.ts'
import { parseJson } from '../../shared/bundle/manifest.ts'
import { KEPT_FILE } from '../../shared/domain/routes.ts'
import { lackedFeature } from '../../shared/features/featureSchema.ts'

/** Beside the built site: what a page needs to pin this version of the loader, and what an edge needs to keep it. */
export const EMBED_FILE = 'embed.json'

const EmbedSchema = v.object({
  /** The loader under a name of its own content, e.g. `foryou-0123456789ab.js`. */
  loader: v.string(),
  /** Its Subresource Integrity. */
  integrity: v.string(),
  /** `name@version` of the features that it computes; absent in builds of before. */
  features: v.optional(v.array(v.string())),
  /** The loader and all that it may start. */
  files: v.array(v.object({ path: v.pipe(v.string(), v.regex(KEPT_FILE)), bytes: Count, sha256: Sha256 })),
})
export type Embed = v.InferOutput<typeof EmbedSchema>

/**
 * @param siteDir of the built site
 * @returns `null` where no site is built
 * @throws ForYouError `parse_error` where the file is damaged
 */
export function readEmbed(siteDir: string): Embed | null {
  let text: string
  try {
    text = readFileSync(join(siteDir, EMBED_FILE), 'utf8')
  } catch {
    return null
  }
  return parseEmbed(text)
}

/** @throws ForYouError `parse_error` where the file is damaged */
export function parseEmbed(text: string): Embed {
  return parseJson(EmbedSchema, text, EMBED_FILE)
}

/** What a bundle's ranker reads and a loader does not compute, in words: its visitors keep the bundle that they have. */
export function lackedByLoader(
  embed: Embed | null,
  { features = [] }: { readonly features?: readonly string[] | undefined },
): string | null {
  return embed?.features ? lackedFeature(features, embed.features) : null
}
