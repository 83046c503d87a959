/**
 * Bundle time. On a live site features see the visitor's clock; a bundle of archived data (a dataset that ended
 * years ago) sees `asOf` plus what has elapsed since this browser first used it. In both cases features clamp
 * ages to the trained range, so a browser that comes back ten years later ranks the same slate.
 */
export type BundleClock = 'live' | 'archive'

/**
 * @param clock the manifest's clock
 * @param asOf last moment the bundle knows, ms since 1970 UTC
 * @param firstUsedAt when this browser first started with the bundle's data, ms
 * @param now the device's clock, ms
 * @returns bundle time in ms, never before `asOf`: a visitor's clock that is slow cannot make the future visible
 */
export function bundleTime(clock: BundleClock, asOf: number, firstUsedAt: number, now: number): number {
  const elapsed = Math.max(0, now - (clock === 'archive' ? firstUsedAt : asOf))
  return asOf + elapsed
}

export const DAY_MS = 86_400_000
