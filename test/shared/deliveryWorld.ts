import { type SigningKey, sign } from '../../shared/bundle/envelope.ts'
import { sha256 } from '../../shared/bundle/hash.ts'
import type { Manifest } from '../../shared/bundle/manifest.ts'
import type { DeliveryRules } from '../../shared/delivery/performChange.ts'
import type { MemoryStore } from './memoryStore.ts'
import { tinyManifest } from './tinyManifest.ts'

export const DAY = 86_400_000

export async function newKey(kid: string): Promise<SigningKey> {
  const algorithm = { name: 'ECDSA', namedCurve: 'P-256' }
  const { privateKey } = await crypto.subtle.generateKey(algorithm, true, ['sign', 'verify'])
  const { x = '', y = '', d = '' } = await crypto.subtle.exportKey('jwk', privateKey)
  return { kid, alg: 'ES256', x, y, d }
}

export const pinned = ({ kid, alg, x, y }: SigningKey) => ({ kid, alg, x, y })

export interface World {
  readonly release: SigningKey
  readonly ops: SigningKey
  readonly rules: DeliveryRules
  /** Stores a bundle of these blob texts; returns the manifest's name. */
  publish(store: MemoryStore, texts: readonly string[], changes?: Partial<Manifest>): Promise<string>
}

/** Keys and rules of a site, and bundles for it. */
export async function deliveryWorld(): Promise<World> {
  const [release, ops] = await Promise.all([newKey('release-1'), newKey('ops-1')])
  const pins = { release: [pinned(release)], ops: [pinned(ops)] }
  return {
    release,
    ops,
    rules: { site: 'films', pins, opsKey: ops, approvals: false },
    async publish(store, texts, changes = {}) {
      const files = await Promise.all(
        texts.map(async (text, i) => {
          const name = await sha256(text)
          if (!store.objects.has(name))
            store.objects.set(name, { name, bytes: text.length, uploaded: store.now })
          return { role: `details/${i}`, sha256: name, bytes: text.length }
        }),
      )
      const payload = JSON.stringify(tinyManifest({ files, ...changes }))
      const name = await sha256(payload)
      await store.putDocument(name, JSON.stringify(await sign('manifest', payload, [release])), null)
      return name
    },
  }
}
