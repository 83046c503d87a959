/**
 * Checks an address that came with item data before it becomes a link or an image (trust T10). Whoever writes the
 * catalogue can write `javascript:`, a look-alike of another host or credentials in front of one; none of them passes.
 *
 * @param text the address as it stands in the data: absolute http(s), or relative to the page
 * @param page address of the page that would show it
 * @param origins hosts that may be named besides the page's own; empty = any
 * @returns the absolute address, or `null` where it must not be used
 */
export function safeUrl(text: string, page: string, origins: readonly string[] = []): string | null {
  let own: URL
  let url: URL
  try {
    own = new URL(page)
    url = new URL(text, page)
  } catch {
    return null
  }
  const plain = url.protocol === 'http:' && own.protocol === 'http:'
  if (url.protocol !== 'https:' && !plain) return null
  if (url.username || url.password) return null
  if (url.host === own.host) return url.href
  // Another host must be spelled out: "//host", "\\host" and "https:host" are tricks, not links.
  if (!/^https?:\/\/[^\\/]/i.test(text)) return null
  return origins.length === 0 || origins.includes(url.host) ? url.href : null
}
