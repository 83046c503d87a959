import { afterEach, beforeAll, beforeEach } from 'vitest'
import type { Consent } from '../../shared/domain/consent.ts'
import type { RankerThread, ThreadStart } from '../../shared/domain/rankerThread.ts'
import { createCore } from '../../web/ranker/core.ts'
import { deleteDeviceDatabase } from '../../web/ranker/database.ts'
import type { Platform } from '../../web/ranker/platform.ts'
import { ENDPOINT, FakeEdge, type FakeKeys, fakeKeys } from './fakeEdge.ts'
import { type FakePlatform, fakePlatform } from './fakePlatform.ts'
import { type SampleBundle, sampleBundle } from './sampleBundle.ts'

export const GRANTED: Consent = { personalise: true, measure: true, popularity: true }
export const DENIED: Consent = { personalise: false, measure: false, popularity: false }

/** An edge with a bundle, and a device that nobody has used yet: both new for every test of the file. */
export class CoreOnDevice {
  keys!: FakeKeys
  bundle!: SampleBundle
  edge!: FakeEdge
  platform!: FakePlatform
  #running: RankerThread[] = []

  constructor() {
    beforeAll(async () => {
      this.keys = await fakeKeys()
      this.bundle = await sampleBundle()
    })
    beforeEach(async () => {
      await deleteDeviceDatabase()
      this.edge = new FakeEdge(this.keys)
      this.platform = fakePlatform(this.edge.fetch)
      await this.edge.promote(this.bundle)
    })
    afterEach(async () => {
      for (const core of this.#running) await core.setConsent(DENIED)
      this.#running = []
    })
  }

  /** A ranker on the device that has not been started. */
  core(own: Partial<Platform> = {}): RankerThread {
    const core = createCore(Object.assign(this.platform, own))
    this.#running.push(core)
    return core
  }

  async start(change: Partial<ThreadStart> = {}, own: Partial<Platform> = {}): Promise<RankerThread> {
    const core = this.core(own)
    const start: ThreadStart = {
      endpoint: ENDPOINT,
      pins: this.keys.pins,
      consent: GRANTED,
      persist: 'local',
    }
    await core.start({ ...start, ...change })
    return core
  }

  /** A start on the same device, without a network. */
  restart(): Promise<RankerThread> {
    this.platform = fakePlatform(() => Promise.reject(new TypeError('Failed to fetch')))
    return this.start()
  }
}
