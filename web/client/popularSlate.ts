import type { Persist } from '../../shared/domain/consent.ts'
import { API } from '../../shared/domain/routes.ts'
import type { Slate } from '../../shared/domain/slate.ts'

const DATABASE = 'foryou'
const TIMEOUT_MS = 5000

/**
 * The edge's popular list, fetched while the ranker starts, so that a first visit has something to show at once. A device
 * that has a bundle does without: its own slate comes as quickly. Not signed, and replaced as soon as the ranker has spoken.
 */
export async function popularSlate(
  endpoint: string,
  personalise: boolean,
  persist: Persist,
): Promise<Slate | null> {
  // On plain http nothing can be verified: this list would never be replaced by one that was.
  if (!crypto.subtle) return null
  try {
    // Whether a database exists may be asked without making one; before consent not even that is.
    if (personalise && persist !== 'none') {
      const databases = await indexedDB.databases()
      if (databases.some(({ name }) => name === DATABASE)) return null
    }
    const response = await fetch(`${endpoint}${API}/popular`, {
      credentials: 'omit',
      referrerPolicy: 'no-referrer',
      signal: AbortSignal.timeout(TIMEOUT_MS),
    })
    const slate: Slate = await response.json()
    const items = slate.items.filter(({ item, details }) => typeof item === 'string' && details?.title)
    const reason = personalise ? 'popular' : 'no-consent'
    return items.length > 0 ? { ...slate, surface: 'popular', reason, items } : null
  } catch {
    return null // only a quicker first paint is lost
  }
}
