import { lackedByLoader, readEmbed } from '../publish/embed.ts'
import { siteFolder } from './builtSite.ts'
import type { Io } from './command.ts'
import type { EdgeTarget } from './connectEdge.ts'

/**
 * Warns where the loader that is built here cannot feed a bundle's ranker: its visitors would keep the bundle that they have.
 * @returns what is lacking, in words; `null` where nothing is
 */
export function noteLacked(
  bundle: { readonly features?: readonly string[] | undefined },
  { environment }: EdgeTarget,
  io: Io,
): string | null {
  const lacked = lackedByLoader(readEmbed(siteFolder(io, environment)), bundle)
  if (lacked) {
    io.note(`Its ranker reads ${lacked} in the loader that is built here: visitors with that loader`)
    io.note('keep the bundle that they have. Build and deploy the loader of this code before it goes live.')
  }
  return lacked
}
