import type { PromisedDatabase } from '../../../web/ranker/promisedDatabase.ts'

type Name = 'blobs' | 'active' | 'history' | 'meta'
type Stores = Record<Name, Map<IDBValidKey, unknown>>

/** What a device keeps when its tabs are closed: as much of IndexedDB as the ranker uses, and a power switch. */
export class Disk {
  stores: Stores = { blobs: new Map(), active: new Map(), history: new Map(), meta: new Map() }
  /** Reads and writes so far. */
  steps = 0
  /** From this step on everything fails, as in a process that has died. */
  diesAt = Number.POSITIVE_INFINITY
  #key = 0

  /** A connection. */
  open = async (): Promise<PromisedDatabase> => {
    const connection = {
      get: async (name: Name, key: IDBValidKey) =>
        this.#step(() => structuredClone(this.stores[name].get(key))),
      put: async (name: Name, value: unknown, key: IDBValidKey) => {
        const copy = structuredClone(value)
        return this.#step(() => void this.stores[name].set(key, copy))
      },
      transaction: (name: Name) => this.#transaction(name),
      close: () => undefined,
    }
    return connection as unknown as PromisedDatabase
  }

  /** Nothing of a transaction is there before all of it is. */
  #transaction(name: Name) {
    const draft = new Map(this.stores[name])
    const store = {
      get: async (key: IDBValidKey) => this.#step(() => structuredClone(draft.get(key))),
      getAll: async () => this.#step(() => structuredClone([...draft.values()])),
      getAllKeys: async () => this.#step(() => [...draft.keys()]),
      put: async (value: unknown, key: IDBValidKey) =>
        this.#step(() => void draft.set(key, structuredClone(value))),
      add: async (value: unknown) => this.#step(() => void draft.set(++this.#key, structuredClone(value))),
      delete: async (key: IDBValidKey) => this.#step(() => void draft.delete(key)),
      clear: async () => this.#step(() => draft.clear()),
    }
    const commit = () => {
      this.stores[name] = draft
    }
    const transaction = {
      store,
      get done() {
        return transaction.finish()
      },
      finish: async () => this.#step(commit),
    }
    return transaction
  }

  #step<T>(work: () => T): T {
    if (++this.steps >= this.diesAt) throw new DOMException('The process has died.', 'AbortError')
    return work()
  }
}
