import { cpSync, mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { openEnvelope, type Pins } from '../../shared/bundle/envelope.ts'
import { parseHead, parseManifest } from '../../shared/bundle/manifest.ts'
import { DAY_MS } from '../../shared/domain/clock.ts'
import { openDirectoryEdge } from './directoryEdge.ts'
import { drillBundle } from './drillBundle.ts'
import type { EdgeClient } from './edgeClient.ts'
import { recordShipped } from './keyHistory.ts'
import { KEY_FILES, readPins, readReleaseKeys } from './keys.ts'
import { liveSigners } from './liveSigners.ts'
import { publishBundle } from './publishBundle.ts'
import type { RotationOptions } from './rotateKeys.ts'

/** One moment of a rehearsal. */
export interface DrillRow {
  /** Since the beginning. */
  readonly day: number
  readonly step: string
  /** What a visitor of each loader that is still out there says: `null` is fine, else why it refused. */
  readonly visitors: readonly { readonly loader: string; readonly refused: string | null }[]
}

/** A device that comes back: it never accepts a lower seq of one key, or a version below the highest floor it has seen. */
class Visitor {
  readonly loader: string
  readonly shipped: number
  readonly #pins: Pins
  readonly #seqs = new Map<string, number>()
  #floor = 0

  constructor(loader: string, shipped: number, pins: Pins) {
    this.loader = loader
    this.shipped = shipped
    this.#pins = pins
  }

  /** @returns why the visitor gets nothing new, `null` where all is well */
  async visit(client: EdgeClient): Promise<string | null> {
    try {
      const { payload, kids } = await openEnvelope('head', (await client.head()) ?? '', this.#pins)
      const head = parseHead(payload)
      if (kids.some((kid) => head.seq < (this.#seqs.get(kid) ?? 0))) return 'a lower seq'
      for (const kid of kids) this.#seqs.set(kid, head.seq)
      const text = (await client.document(head.active?.manifest ?? '')) ?? ''
      const manifest = parseManifest((await openEnvelope('manifest', text, this.#pins)).payload)
      if (manifest.version < this.#floor) return 'a version below the floor'
      this.#floor = Math.max(this.#floor, manifest.floor)
      return null
    } catch (error) {
      return error instanceof Error ? error.message : String(error)
    }
  }
}

/** A site that exists for the rehearsal alone, with a clock of its own: an owner's keys, an edge, and visitors. */
export class DrillSite {
  readonly rows: DrillRow[] = []
  readonly #dir: string
  readonly #edgeKeys: string
  readonly #began: number
  readonly #loaderDays: number
  readonly #visitors: Visitor[] = []
  #now: number

  constructor(dir: string, now: number, loaderDays: number) {
    this.#dir = dir
    // The edge has the secrets of the last deployment, not those of the moment.
    this.#edgeKeys = join(dir, 'deployed')
    this.#began = now
    this.#now = now
    this.#loaderDays = loaderDays
  }

  get keys(): string {
    return this.#dir
  }

  get options(): RotationOptions {
    return {
      now: this.#now,
      loaderDays: this.#loaderDays,
      live: () => liveSigners(this.#edge(), readPins(this.#dir)),
    }
  }

  #edge(): EdgeClient {
    const now = () => this.#now
    return openDirectoryEdge({
      dir: join(this.#dir, 'edge'),
      site: 'drill',
      keysDir: this.#edgeKeys,
      who: 'drill',
      now,
    })
  }

  /** `npm run deploy`: the edge gets secrets and pins, new visitors the loader. */
  deploy(): void {
    mkdirSync(join(this.#edgeKeys, '.foryou'), { recursive: true })
    for (const file of [KEY_FILES.pins, KEY_FILES.ops])
      cpSync(join(this.#dir, file), join(this.#edgeKeys, file))
    const pins = readPins(this.#dir)
    recordShipped(this.#dir, pins, this.#now)
    this.#visitors.push(new Visitor(`loader ${this.#visitors.length + 1}`, this.#now, pins))
  }

  /** The nightly run: train, publish, promote. */
  async nightly(floor?: 'now'): Promise<void> {
    const folder = join(this.#dir, 'bundle')
    await drillBundle(folder, this.#now)
    const releaseKeys = readReleaseKeys(this.#dir)
    const { manifest } = await publishBundle(folder, this.#edge(), { releaseKeys, floor })
    await this.change('promote', { manifest })
  }

  async change(kind: 'promote' | 'refresh' | 'kill', wish: object): Promise<void> {
    await this.#edge().change(kind, { op: `${kind}-${this.rows.length}-${this.#now}`, ...wish } as never)
  }

  async look(step: string): Promise<void> {
    const out = this.#visitors.filter(({ shipped }, i) => {
      const next = this.#visitors[i + 1]
      return !next || this.#now < next.shipped + this.#loaderDays * DAY_MS || next.shipped === shipped
    })
    const visitors = []
    for (const visitor of out) {
      visitors.push({ loader: visitor.loader, refused: await visitor.visit(this.#edge()) })
    }
    this.rows.push({ day: Math.round((this.#now - this.#began) / DAY_MS), step, visitors })
  }

  /** @param days between two releases */
  async waitUntil(until: number, days = 1): Promise<void> {
    while (this.#now < until) {
      this.#now = Math.min(until, this.#now + days * DAY_MS)
      await this.nightly()
      await this.look('a nightly release')
    }
  }
}
