import type { Platform } from './platform.ts'

/**
 * Runs in one tab at a time. Where there are no locks, on plain http, nothing can be verified either, and nothing is shared.
 * @param otherwise runs instead while another tab is at it; left out, this one waits
 */
export async function oneTab<T>(
  { locks }: Pick<Platform, 'locks'>,
  name: string,
  work: () => Promise<T>,
  otherwise?: () => T,
): Promise<T> {
  if (!locks) return work()
  return locks.request(`foryou:${name}`, { ifAvailable: otherwise !== undefined }, async (lock) =>
    lock || !otherwise ? work() : otherwise(),
  )
}
