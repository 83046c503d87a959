import { openDB } from 'idb'
import { deleteDeviceDatabase, openDeviceDatabase } from '../../web/ranker/database.ts'
import type { Platform, TabChannel, TabMessage } from '../../web/ranker/platform.ts'
import { NOW } from './sampleBundle.ts'

export { NOW }

export interface FakePlatform extends Platform {
  clock: number
  connected: boolean
  /** What was waited for, ms. */
  readonly pauses: number[]
  readonly databasesOpened: number
}

/** The real database, an injected clock and network, and no tfjs. */
export function fakePlatform(fetch: Platform['fetch'], overrides: Partial<Platform> = {}): FakePlatform {
  let opened = 0
  const pauses: number[] = []
  return {
    clock: NOW,
    connected: true,
    pauses,
    get databasesOpened() {
      return opened
    },
    now() {
      return this.clock
    },
    random: () => 0.5,
    async pause(ms) {
      pauses.push(ms)
    },
    fetch,
    online() {
      return this.connected
    },
    lean: () => false,
    async openDatabase() {
      opened++
      return openDeviceDatabase()
    },
    deleteDatabase: deleteDeviceDatabase,
    locks: navigator.locks,
    channel: () => null,
    networks: [],
    ...overrides,
  }
}

/** Tabs that hear each other. */
export function fakeTabs(): () => TabChannel {
  const tabs = new Set<(message: TabMessage) => void>()
  return () => {
    let own: ((message: TabMessage) => void) | null = null
    return {
      post(message) {
        for (const tab of tabs) if (tab !== own) setTimeout(() => tab(message))
      },
      listen(listener) {
        own = listener
        tabs.add(listener)
      },
      close() {
        if (own) tabs.delete(own)
      },
    }
  }
}

export async function databaseNames(): Promise<(string | undefined)[]> {
  return (await indexedDB.databases()).map(({ name }) => name)
}

/** Writes what another script of the page might write. */
export async function writeJunk(
  store: 'history' | 'blobs' | 'active' | 'meta',
  entries: [IDBValidKey, unknown][],
) {
  const db = await openDB('foryou')
  const transaction = db.transaction(store, 'readwrite')
  for (const [key, value] of entries) await transaction.store.put(value, key as never)
  await transaction.done
  db.close()
}
