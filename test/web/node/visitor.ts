import type { Pins } from '../../../shared/bundle/envelope.ts'
import { sha256 } from '../../../shared/bundle/hash.ts'
import { DAY_MS } from '../../../shared/domain/clock.ts'
import type { ThreadStatus, Uptake } from '../../../shared/domain/rankerThread.ts'
import { type Active, BundleStore } from '../../../web/ranker/bundleStore.ts'
import { createCore } from '../../../web/ranker/core.ts'
import { DeviceDatabase } from '../../../web/ranker/database.ts'
import type { EngineOptions } from '../../../web/ranker/engine.ts'
import { readInstalled } from '../../../web/ranker/installed.ts'
import type { Platform } from '../../../web/ranker/platform.ts'
import { ENDPOINT, type FakeEdge } from '../fakeEdge.ts'
import { type FakePlatform, fakePlatform, NOW } from '../fakePlatform.ts'
import { Disk } from './disk.ts'

export interface Visit extends ThreadStatus {
  readonly uptake: Uptake
  /** The first items of the visitor's slate. */
  readonly items: readonly string[]
  readonly reason: string
  /** Paths that were asked for. */
  readonly asked: readonly string[]
}

const CONSENT = { personalise: true, measure: false, popularity: false }

/** Somebody with a device who comes again and again; the real core on a disk, a clock and a network of the test's own. */
export class Visitor {
  readonly disk = new Disk()
  readonly platform: FakePlatform
  readonly edge: FakeEdge
  pins: Pins
  endpoint = ENDPOINT
  openBundle: EngineOptions['open']
  ownDetails = false

  constructor(edge: FakeEdge, own: Partial<Platform> = {}) {
    this.edge = edge
    this.pins = edge.keys.pins
    this.platform = fakePlatform(edge.fetch, {
      openDatabase: this.disk.open,
      deleteDatabase: async () => undefined,
      locks: null,
      ...own,
    })
  }

  /** Opens a page, lets it update, and looks at its slate. */
  async visit(own: Partial<Platform> = {}): Promise<Visit> {
    const before = this.edge.requests.length
    const core = await this.open(own)
    const uptake = await core.update()
    const { items, reason } = await core.recommend({ k: 3 })
    const status = await core.status()
    const asked = this.edge.paths().slice(before)
    return { ...status, uptake, reason, items: items.map(({ item }) => item), asked }
  }

  async open(own: Partial<Platform> = {}) {
    const core = createCore(Object.assign(Object.create(this.platform), own), this.openBundle)
    const { endpoint, pins, ownDetails } = this
    await core.start({ endpoint, pins, ownDetails, consent: CONSENT, persist: 'local' })
    return core
  }

  /** What is ranked without a network. */
  offline(): Promise<Visit> {
    return this.visit({ fetch: () => Promise.reject(new TypeError('Failed to fetch')), online: () => false })
  }

  store(): BundleStore {
    return new BundleStore(new DeviceDatabase(this.disk.open))
  }

  record(): Promise<Active | null> {
    return this.store().active()
  }

  /** @throws as `checkRecord`, and where something else lies on the disk than blobs by their hash */
  async checkDisk(): Promise<Active> {
    for (const [name, bytes] of this.disk.stores.blobs) {
      if ((await sha256(bytes as ArrayBuffer)) !== name) throw new Error(`${name} is not what its name says`)
    }
    return this.checkRecord()
  }

  /** @throws where there is no record, or it names what is not there whole */
  async checkRecord(): Promise<Active> {
    const active = await this.record()
    if (!active) throw new Error('no record')
    const { blobs } = await readInstalled(this.store(), active, this.pins)
    if (blobs.size !== active.present) throw new Error(`${blobs.size} of ${active.present} files are there`)
    return active
  }

  /** Time passes, on the device and everywhere. */
  later(days: number): void {
    this.platform.clock += days * DAY_MS
  }

  /** The device's clock is wrong by so many days. */
  wrongBy(days: number): void {
    this.platform.clock = NOW + days * DAY_MS
  }
}
