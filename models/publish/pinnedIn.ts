/** Ids of the keys that a built loader pins: the build writes them into it as literals, whatever quotes the minifier prefers. */
export function pinnedIn(loader: string): readonly string[] {
  const found = loader.matchAll(/["'`]?\bkid["'`]?:\s*["'`]([^"'`]{1,64})["'`]/g)
  return [...new Set(Array.from(found, ([, kid]) => kid!))]
}
