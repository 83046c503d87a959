import { sha256 } from '../../shared/bundle/hash.ts'
import type { Head } from '../../shared/bundle/manifest.ts'
import type { BundleStore } from './bundleStore.ts'

const SECRET = 'secret'

/**
 * Whether this device belongs to the share that tries the canary: hash(salt, secret) mod 1000 < permille. The secret is drawn
 * once, kept where the bundles are kept (in memory before consent), and never sent; another salt draws other devices.
 */
export async function inCanary(
  { salt, permille }: NonNullable<Head['canary']>,
  store: BundleStore,
  random: () => number,
): Promise<boolean> {
  let secret = await store.note(SECRET)
  if (secret === null) {
    secret = random()
    await store.setNote(SECRET, secret)
  }
  // 48 bits of the hash: the remainder favours no device by more than 4 in 10¹².
  const drawn = Number.parseInt((await sha256(`${salt}/${secret}`)).slice(0, 12), 16) % 1000
  return drawn < permille
}
