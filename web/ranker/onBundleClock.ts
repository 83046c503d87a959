import type { Manifest } from '../../shared/bundle/manifest.ts'
import { bundleTime } from '../../shared/domain/clock.ts'
import type { UserHistory } from '../../shared/domain/interaction.ts'

/**
 * The moment of a query and the history before it in bundle time. Both move together, so that pauses are told by one clock.
 * @param device the device's clock, which the history's times were read from, ms
 */
export function onBundleClock(
  { clock, asOf }: Pick<Manifest, 'clock' | 'asOf'>,
  firstUsedAt: number,
  device: number,
  own: UserHistory,
): { now: number; history: UserHistory } {
  const now = bundleTime(clock, asOf, firstUsedAt, device)
  return { now, history: own.map((one) => ({ ...one, at: one.at + now - device })) }
}
