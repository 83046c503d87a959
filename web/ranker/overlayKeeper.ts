import { type Pins, verify } from '../../shared/bundle/envelope.ts'
import { sha256 } from '../../shared/bundle/hash.ts'
import { MAX_OVERLAY_BYTES } from '../../shared/bundle/limits.ts'
import type { Head } from '../../shared/bundle/manifest.ts'
import { type Overlay, parseOverlay } from '../../shared/bundle/overlay.ts'
import { ForYouError } from '../../shared/domain/errors.ts'
import type { BundleStore } from './bundleStore.ts'
import { fetchDocument } from './liveManifest.ts'
import type { Platform } from './platform.ts'

export interface OverlayOptions {
  readonly platform: Pick<Platform, 'now' | 'random' | 'pause' | 'fetch' | 'online'>
  readonly endpoint: string
  readonly pins: Pins
  /** Puts it to use; `null` where there is none any more. */
  apply(overlay: Overlay | null): void
  /** Another one is in use. */
  said(): void
  problem(error: unknown): void
}

/** Keeps what the owner has said of single items: beside the bundle, so that it holds offline and for the next bundle. */
export class OverlayKeeper {
  readonly #options: OverlayOptions
  #envelope: string | null = null
  /** Name of the one in use. */
  #name: string | undefined

  constructor(options: OverlayOptions) {
    this.#options = options
  }

  /**
   * Reads back what the device has kept and verifies it again. One that was tampered with counts for nothing: the next
   * contact brings it anew.
   */
  async load(store: BundleStore): Promise<void> {
    const envelope = await store.overlay()
    if (this.#envelope === envelope) return
    await this.#use(envelope).then(this.#options.said, this.#options.problem)
  }

  /**
   * Follows a verified head.
   * @returns whether another one is in use and kept now, so that other tabs should read it
   * @throws ForYouError where the new one cannot be fetched or is not what it should be; the one before stays
   */
  async follow(head: Head, store: BundleStore): Promise<boolean> {
    const name = head.overlay
    if (name === this.#name) return false
    const envelope =
      name === undefined ? null : await fetchDocument(this.#options, 'overlay', name, MAX_OVERLAY_BYTES)
    await this.#use(envelope, head)
    await store.setOverlay(envelope)
    this.#options.said()
    return true
  }

  /** @param head whose site it has to be of; what was kept was so once */
  async #use(envelope: string | null, head?: Head): Promise<void> {
    const { pins, apply } = this.#options
    const payload = envelope === null ? undefined : await verify('overlay', envelope, pins)
    const overlay = payload ? parseOverlay(payload) : null
    if (head && overlay && overlay.site !== head.site) {
      throw new ForYouError('wrong_site', `The overlay is of site "${overlay.site}".`)
    }
    apply(overlay)
    this.#envelope = envelope
    this.#name = payload && (await sha256(payload))
  }
}
