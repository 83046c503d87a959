import type { Bundle } from '../../shared/bundle/openBundle.ts'
import type { Rule } from '../../shared/domain/rules.ts'
import type { Slate } from '../../shared/domain/slate.ts'
import { createRecommender } from '../../shared/rank/recommend.ts'

const LENGTH = 24

/**
 * The ready-made pages of a bundle: role → bytes.
 * @param rules that hold for them
 */
export function popularPages(
  bundle: Bundle,
  linkTemplate: string | undefined,
  rules: readonly Rule[] = [],
): Map<string, ArrayBuffer> {
  // A file cannot name the manifest that names it.
  const slate = { ...popularSlate(bundle, rules), manifest: null }
  const text = (content: string) => new TextEncoder().encode(content).buffer as ArrayBuffer
  return new Map([
    ['popular.json', text(JSON.stringify(slate))],
    ['popular.html', text(popularHtml(slate, linkTemplate))],
  ])
}

/** The slate of a visitor nobody knows, as the edge serves it before any script has run. */
function popularSlate(bundle: Bundle, rules: readonly Rule[]): Slate {
  return createRecommender(bundle).recommend({
    surface: 'for-you',
    k: LENGTH,
    history: [],
    now: bundle.manifest.asOf,
    rules,
  })
}

/**
 * The same slate as a crawlable list.
 * @param linkTemplate where an item without a link of its own leads, `{id}` standing for the item
 */
function popularHtml(slate: Slate, linkTemplate: string | undefined): string {
  const items = slate.items.map(({ item, details }) => {
    const link = details?.link ?? linkTemplate?.replace('{id}', encodeURIComponent(item))
    const text = escapeHtml(details?.title ?? item)
    const year = details?.year ? ` <small>${details.year}</small>` : ''
    const label = link ? `<a href="${escapeHtml(link)}">${text}</a>` : text
    return `<li data-item="${escapeHtml(item)}">${label}${year}</li>`
  })
  return `<!doctype html><html lang="en"><meta charset="utf-8"><title>Popular</title><ol>${items.join('')}</ol></html>\n`
}

function escapeHtml(text: string): string {
  return text.replace(/[&<>"']/g, (c) => `&#${c.charCodeAt(0)};`)
}
