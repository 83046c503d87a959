import type { Pins } from '../../shared/bundle/envelope.ts'
import { DAY_MS } from '../../shared/domain/clock.ts'
import type { Uptake } from '../../shared/domain/rankerThread.ts'
import type { Rule } from '../../shared/domain/rules.ts'
import type { Slate } from '../../shared/domain/slate.ts'
import type { Active, Installed } from './bundleStore.ts'
import type { Device } from './device.ts'
import { downloadOrder, lastStage, type Stage, type Wanted } from './downloadOrder.ts'
import type { Engine } from './engine.ts'
import { goBack, readInstalled } from './installed.ts'
import type { OpenedOverlay } from './openOverlay.ts'
import { part } from './part.ts'
import type { Platform } from './platform.ts'
import { RulesKeeper } from './rulesKeeper.ts'
import { SaidKeeper } from './saidKeeper.ts'
import { onTrial, prove } from './strikes.ts'
import type { Arrival, UpdateOptions } from './update.ts'

/** Days after the last valid head's expiry in which a live site's bundle still ranks personally. */
const STALE_DAYS = 30

export interface KeeperOptions {
  readonly platform: Platform
  readonly engine: Engine
  readonly endpoint: string
  readonly pins: Pins
  device(): Device
  wanted(): Wanted
  /** More of the bundle, another one, or none at all is in use. */
  changed(): void
  /** Something else is said of single items: what is shown may no longer be right. */
  said(): void
  problem(error: unknown): void
}

/** Keeps the engine supplied: from what is installed, then from the edge. */
export class BundleKeeper {
  readonly #options: KeeperOptions
  readonly #overlays: SaidKeeper<OpenedOverlay>
  readonly #rules: RulesKeeper
  readonly #waiting: (() => void)[] = []
  #attempted = false
  #updating: Promise<Uptake> | null = null
  #uptake: Uptake | null = null
  #active: Active | null = null
  #killed = false
  #firstUsedAt = 0
  #proven: string | null = null

  constructor(options: KeeperOptions) {
    this.#options = options
    const { pins } = options
    this.#overlays = new SaidKeeper({
      ...options,
      key: 'overlay',
      open: async (text) => (await part('openOverlay')).openOverlay(text, pins),
      apply: (overlay) => options.engine.overlay(overlay),
    })
    this.#rules = new RulesKeeper(options)
  }

  get uptake(): Uptake | null {
    return this.#uptake
  }

  get killed(): boolean {
    return this.#killed
  }

  /** Rules of the site that hold at this moment. */
  get rules(): readonly Rule[] {
    return this.#rules.now
  }

  /** When this browser first used the data of the bundle, ms. */
  get firstUsedAt(): number {
    return this.#firstUsedAt
  }

  /** The highest head seen. */
  get seq(): number {
    return Math.max(0, ...(this.#active?.seqs.map(([, seq]) => seq) ?? []))
  }

  /** Whether the bundle in use is everybody's, or a canary. */
  get arm(): 'active' | 'canary' | null {
    const { bundle } = this.#options.engine
    if (!bundle) return null
    return bundle.manifestHash === this.#active?.canary ? 'canary' : 'active'
  }

  /** Archived data does not age; a live site's bundle is good for as long as its edge can be heard now and then. */
  get stale(): boolean {
    if (this.#options.engine.bundle?.manifest.clock !== 'live' || !this.#active) return false
    if (this.#uptake === 'success' || this.#uptake === 'up-to-date') return false
    return this.#options.platform.now() > this.#active.expires + STALE_DAYS * DAY_MS
  }

  /** Puts to use what the device has kept; the bundle before it where that one is damaged. */
  async load(): Promise<void> {
    const { bundles } = this.#options.device()
    await Promise.all([this.#overlays.load(bundles), this.#rules.load(bundles)])
    const active = await goBack(bundles)
    this.#active = active
    if (!active) return
    if (this.#killed !== active.kill) {
      this.#killed = active.kill
      this.#options.changed()
    }
    if (!(await this.#installed(active)) && active.previous) await this.#installed(active.previous)
  }

  /** Checks the edge; a second call joins the attempt that is under way. */
  update(): Promise<Uptake> {
    this.#updating ??= this.#update().finally(() => {
      this.#updating = null
    })
    return this.#updating
  }

  /** Waits until a stage is in use, or until the attempt to bring it has ended. */
  async arrived(stage: Stage): Promise<void> {
    const { engine } = this.#options
    while (engine.stage < stage && !this.#killed && !this.#attempted) {
      await new Promise<void>((resolve) => {
        this.#waiting.push(resolve)
      })
    }
  }

  /** Ranks; after the first slate of a bundle that is all there, the one before it can go. */
  async rank(work: () => Slate): Promise<Slate> {
    const { engine, platform, device } = this.#options
    const hash = engine.bundle?.manifestHash
    if (!hash || hash === this.#proven || engine.stage < Math.min(3, this.#lastStage())) return work()
    const { bundles } = device()
    const active = this.#active
    const another = active && (active.manifest !== hash || active.previous)
    const slate = another ? await onTrial(platform, bundles, hash, work) : work()
    if (slate.items.length > 0) {
      this.#proven = hash
      await prove(bundles, hash)
    }
    return slate
  }

  /** A bundle that throws while it ranks gives way, the second time, to the one before it. */
  async hasFailed(): Promise<void> {
    const { engine, device } = this.#options
    this.#active = await goBack(device().bundles)
    if (this.#active && this.#active.manifest !== engine.bundle?.manifestHash)
      await this.#installed(this.#active)
  }

  async #update(): Promise<Uptake> {
    this.#uptake = await part('update').then(
      ({ update }) => update(this.#updateOptions()),
      (error: unknown) => {
        this.#options.problem(error)
        return 'network-error'
      },
    )
    this.#active = await this.#options.device().bundles.active()
    this.#attempted = true
    this.#wake()
    this.#options.changed()
    this.#rules.tick()
    return this.#uptake
  }

  #updateOptions(): UpdateOptions {
    const { platform, endpoint, pins, engine, problem } = this.#options
    const device = this.#options.device()
    return {
      platform,
      store: device.bundles,
      wanted: this.#options.wanted(),
      endpoint,
      pins,
      lacked: async (features) => (await engine.ready()).lackedFeature(features),
      ranking: () => {
        const { bundle, stage } = engine
        return bundle && stage > 0 ? { manifest: bundle.manifestHash, stage: stage as Stage } : null
      },
      install: (arrival) => this.#use(arrival),
      committed: () => device.post('bundle'),
      overlaid: async (head, fetched) => {
        if (await this.#overlays.follow(head, head.overlay, device.bundles, fetched)) device.post('bundle')
      },
      ruled: async (head, fetched) => {
        if (await this.#rules.follow(head, device.bundles, fetched)) device.post('bundle')
      },
      killed: (kill) => {
        this.#killed = kill
      },
      problem,
    }
  }

  async #installed(installed: Installed): Promise<boolean> {
    const { engine, device, pins, wanted, problem } = this.#options
    if (engine.bundle?.manifestHash === installed.manifest && engine.stage >= this.#lastStage()) return true
    try {
      await this.#use(await readInstalled(device().bundles, installed, pins, wanted()))
      return true
    } catch (error) {
      problem(error)
      return false
    }
  }

  async #use(arrival: Arrival): Promise<void> {
    const { engine, platform, device, changed } = this.#options
    const again = engine.bundle?.manifestHash === arrival.manifestHash && engine.stage >= arrival.stage
    const note = `firstUsed/${arrival.manifest.data.fingerprint}`
    const { bundles } = device()
    const known = await bundles.note(note)
    this.#firstUsedAt = known ?? platform.now()
    if (known === null) await bundles.setNote(note, this.#firstUsedAt)
    if (again) return
    await engine.ready()
    await onTrial(platform, bundles, arrival.manifestHash, () => engine.install(arrival))
    this.#wake()
    changed()
  }

  /** How far the bundle in use can come here. */
  #lastStage(): Stage {
    const { engine, wanted } = this.#options
    return engine.bundle ? lastStage(downloadOrder(engine.bundle.manifest, wanted())) : 1
  }

  #wake(): void {
    for (const resolve of this.#waiting.splice(0)) resolve()
  }
}
