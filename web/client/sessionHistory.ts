import type { HistoryExport } from '../../shared/domain/rankerThread.ts'

/**
 * The history of this browser tab: the browser itself deletes it when the session ends. Read only with consent; the ranker
 * validates what it is given. An empty history leaves nothing behind.
 */
export function sessionHistory(endpoint: string) {
  const key = `foryou:${endpoint}`
  return {
    read(): readonly unknown[] {
      try {
        const stored: unknown = JSON.parse(sessionStorage.getItem(key) ?? '[]')
        return Array.isArray(stored) ? stored : []
      } catch {
        return []
      }
    },
    write({ interactions }: HistoryExport): void {
      try {
        if (interactions.length > 0) sessionStorage.setItem(key, JSON.stringify(interactions))
        else sessionStorage.removeItem(key)
      } catch {
        // storage is denied or full: the history then ends with the page
      }
    },
  }
}
