/** Stores of the device's database. Other scripts of the page can write there: every value is `unknown` until checked. */
export const STORES = ['blobs', 'active', 'history', 'meta'] as const
export type StoreName = (typeof STORES)[number]

/** An object store of IndexedDB, its requests as promises. */
export interface PromisedStore {
  get(key: IDBValidKey): Promise<unknown>
  getAll(): Promise<unknown[]>
  getAllKeys(): Promise<IDBValidKey[]>
  put(value: unknown, key?: IDBValidKey): Promise<unknown>
  add(value: unknown): Promise<unknown>
  delete(key: IDBValidKey): Promise<void>
  clear(): Promise<void>
}

export interface PromisedTransaction {
  readonly store: PromisedStore
  /** Resolves when everything is stored; rejects where nothing is. */
  readonly done: Promise<void>
}

/** A connection, for as long as it holds. */
export interface PromisedDatabase {
  transaction(store: StoreName, mode?: IDBTransactionMode): PromisedTransaction
  get(store: StoreName, key: IDBValidKey): Promise<unknown>
  /** Resolves when the value is stored. */
  put(store: StoreName, value: unknown, key: IDBValidKey): Promise<void>
  close(): void
}

export function settled<T>(request: IDBRequest<T>): Promise<T> {
  return new Promise((resolve, reject) => {
    request.addEventListener('success', () => resolve(request.result))
    request.addEventListener('error', () => reject(request.error))
  })
}

export function promised(database: IDBDatabase): PromisedDatabase {
  function transaction(name: StoreName, mode?: IDBTransactionMode): PromisedTransaction {
    const under = database.transaction(name, mode)
    const done = new Promise<void>((resolve, reject) => {
      under.oncomplete = () => resolve()
      under.onabort = () => reject(under.error ?? new DOMException('Aborted.', 'AbortError'))
    })
    done.catch(() => undefined) // where an operation fails first, nobody waits for it
    const store = new Proxy(under.objectStore(name), {
      get:
        (target, method: keyof PromisedStore) =>
        (...args: [never]) =>
          settled(target[method](...args)),
    })
    return { store: store as unknown as PromisedStore, done }
  }
  return {
    transaction,
    get: async (name, key) => transaction(name).store.get(key),
    async put(name, value, key) {
      const { store, done } = transaction(name, 'readwrite')
      await store.put(value, key)
      await done
    },
    close: () => database.close(),
  }
}
