import { createForYou, type ForYou } from '../../index.ts'
import { readChoice, writeChoice } from './choice.ts'

/**
 * The recommender of the film site. The notice on every page says what it keeps, so that it may start at once; nothing is
 * measured and nothing counts towards popularity, because the same notice says that nothing is sent.
 */
export const foryou: ForYou = createForYou({
  consent: readChoice('personal') === 'off' ? 'denied' : 'granted',
})
if (foryou.consent.get().personalise) void setPersonal(true)

/** Allows or withdraws personal recommendations; withdrawing deletes the history and the bundle from this device. */
export async function setPersonal(allowed: boolean): Promise<void> {
  // Without a note of the refusal the next page would start anew.
  writeChoice('personal', allowed ? null : 'off')
  await foryou.consent.set({ personalise: allowed, measure: false, popularity: false })
}
