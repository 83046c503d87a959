import type { Consent } from '../../shared/domain/consent.ts'
import type { ThreadEvent } from '../../shared/domain/rankerThread.ts'
import type { Slate, SlateItem } from '../../shared/domain/slate.ts'
import type { ForYou } from '../../web/index.ts'

/** A client whose answers the test gives; what it does not use throws. */
export interface FakeClient extends ForYou {
  answer: (() => Promise<Slate>) | null
  first: Slate | null
  readonly asked: Record<string, unknown>[]
  tell(event: ThreadEvent): void
}

export function fakeClient(slate: Slate | null = null): FakeClient {
  const listeners = new Set<readonly [ThreadEvent, () => void]>()
  const unused = () => Promise.reject(new Error('not used by the element'))
  const consent: Consent = { personalise: true, measure: false, popularity: false }
  const client: FakeClient = {
    endpoint: 'https://edge.test',
    answer: slate && (async () => slate),
    first: null,
    asked: [],
    tell(event) {
      for (const [name, listener] of listeners) if (name === event) listener()
    },
    recommend(options = {}) {
      client.asked.push({ ...options })
      return client.answer?.() ?? new Promise<never>(() => undefined)
    },
    popular: async () => client.first,
    on(event, listener) {
      const entry = [event, listener] as const
      listeners.add(entry)
      return () => listeners.delete(entry)
    },
    record: unused,
    history: { list: unused, export: unused, clear: unused, remove: unused },
    consent: { get: () => consent, set: unused },
    items: unused,
    update: unused,
    status: unused,
    close: () => undefined,
  }
  return client
}

export function slateOf(ids: readonly string[], change: Partial<Slate> = {}): Slate {
  return {
    surface: 'for-you',
    items: ids.map((id) => slateItem(id)),
    reason: 'personal',
    manifest: 'a'.repeat(64),
    partial: false,
    ...change,
  }
}

export function slateItem(id: string, change: Partial<SlateItem> = {}): SlateItem {
  return {
    item: id,
    score: 1,
    why: [{ source: 'popular', share: 65_536 }],
    details: { title: `Film ${id}`, year: 1999 },
    ...change,
  }
}
