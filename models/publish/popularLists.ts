import { sha256 } from '../../shared/bundle/hash.ts'
import type { Overlay } from '../../shared/bundle/overlay.ts'
import { withOverlay } from '../../shared/bundle/withOverlay.ts'
import type { Wish } from '../../shared/delivery/api.ts'
import type { Rule, RulesDocument } from '../../shared/domain/rules.ts'
import { popularPages } from '../build/popularPages.ts'
import { brotli } from './brotli.ts'
import type { EdgeClient } from './edgeClient.ts'
import type { LiveItems } from './liveItems.ts'

/**
 * The lists that are shown before any script has run, as they are with an overlay and without what rules exclude; the
 * bundle's own where there is neither. What they do not show must not depend on the moment: an exclusion counts from the
 * moment it is set until it is over.
 * @param now ms since 1970 UTC
 */
export async function popularLists(
  client: EdgeClient,
  { bundle, manifest }: Pick<LiveItems, 'bundle' | 'manifest'>,
  overlay: Overlay | null,
  rules: RulesDocument | null,
  now: number,
): Promise<Pick<Wish<'overlay'>, 'popularJson' | 'popularHtml'>> {
  const own = (role: string) => manifest.files.find((file) => file.role === role)?.sha256
  const lists = { popularJson: own('popular.json'), popularHtml: own('popular.html') }
  const excluding = (rules?.rules ?? []).filter((rule) => hides(rule, now))
  if (!overlay && excluding.length === 0) return definedOf(lists)
  const pages = popularPages(withOverlay(bundle, overlay), manifest.linkTemplate, excluding)
  return definedOf({
    popularJson: lists.popularJson && (await putBlob(client, pages.get('popular.json')!)),
    popularHtml: lists.popularHtml && (await putBlob(client, pages.get('popular.html')!)),
  })
}

function hides({ kind, surfaces, until }: Rule, now: number): boolean {
  const here = !surfaces || surfaces.includes('popular') || surfaces.includes('for-you')
  return kind === 'exclude' && here && (until === undefined || until > now)
}

async function putBlob(client: EdgeClient, buffer: ArrayBuffer): Promise<string> {
  const bytes = new Uint8Array(buffer)
  const name = await sha256(bytes)
  if ((await client.missing([name])).length === 0) return name
  await client.putBlob(name, 'br', await brotli(bytes))
  await client.putBlob(name, 'identity', bytes)
  return name
}

function definedOf(lists: { popularJson: string | undefined; popularHtml: string | undefined }) {
  const { popularJson, popularHtml } = lists
  return { ...(popularJson && { popularJson }), ...(popularHtml && { popularHtml }) }
}
