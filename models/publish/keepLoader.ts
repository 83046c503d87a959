import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { LoaderKeeper } from './edgeClient.ts'
import { type Embed, readEmbed } from './embed.ts'

/**
 * Leaves a copy of the built loader and all that it starts on the edge, under names that never change: when a newer one
 * is deployed, pages that pin this one, and browsers that have it in their caches, go on working.
 * @param siteDir of the built site
 * @returns what was kept, `null` where no site is built
 */
export async function keepLoader(
  siteDir: string,
  loaders: LoaderKeeper,
): Promise<(Embed & { readonly uploaded: number }) | null> {
  const embed = readEmbed(siteDir)
  if (!embed) return null
  const there = new Set(await loaders.list())
  const wanted = embed.files.filter(({ path }) => !there.has(path))
  for (const { path, sha256 } of wanted) {
    await loaders.keep(path, sha256, readFileSync(join(siteDir, path)))
  }
  return { ...embed, uploaded: wanted.length }
}
