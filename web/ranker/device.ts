import type { Persist } from '../../shared/domain/consent.ts'
import { BundleStore } from './bundleStore.ts'
import { DeviceDatabase } from './database.ts'
import { HistoryStore } from './historyStore.ts'
import type { Platform, TabChannel, TabMessage } from './platform.ts'

export interface DeviceOptions {
  /**
   * `local`: history and bundle in the database. `session`: only the bundle; the history lies in memory, and the page keeps
   * it in its sessionStorage. `none`: nothing is opened, which is also what holds before consent.
   */
  readonly persist: Persist
  readonly problem: (error: unknown) => void
}

/** What is kept on this device at the moment. Withdrawn consent ends one and begins another. */
export class Device {
  readonly history: HistoryStore
  readonly bundles: BundleStore
  readonly #database: DeviceDatabase | null
  readonly #channel: TabChannel | null
  #closed = false

  constructor(platform: Platform, { persist, problem }: DeviceOptions) {
    this.#database = persist === 'none' ? null : new DeviceDatabase(() => platform.openDatabase())
    this.#channel = persist === 'none' ? null : platform.channel()
    this.bundles = new BundleStore(this.#database, problem)
    const database = persist === 'local' ? this.#database : null
    this.history = new HistoryStore({ database, now: () => platform.now(), problem })
  }

  get kind(): 'indexeddb' | 'memory' {
    return this.bundles.kind
  }

  post(message: TabMessage): void {
    if (!this.#closed) this.#channel?.post(message)
  }

  listen(listener: (message: TabMessage) => void): void {
    this.#channel?.listen((message) => {
      if (!this.#closed) listener(message)
    })
  }

  async close(): Promise<void> {
    this.#closed = true
    this.#channel?.close()
    await this.#database?.end()
  }
}
