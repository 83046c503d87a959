import type { Pins } from '../../shared/bundle/envelope.ts'
import type { Head } from '../../shared/bundle/manifest.ts'
import { ForYouError } from '../../shared/domain/errors.ts'
import type { BundleStore } from './bundleStore.ts'
import type { OpenedOverlay } from './openOverlay.ts'
import { part } from './part.ts'

export interface OverlayOptions {
  readonly pins: Pins
  /** Puts it to use; `null` where there is none any more. */
  apply(overlay: OpenedOverlay | null): void
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
   * @param fetched brings the overlay of that name, verified
   * @returns whether another one is in use and kept now, so that other tabs should read it
   * @throws ForYouError where the new one cannot be fetched or is not what it should be; the one before stays
   */
  async follow(head: Head, store: BundleStore, fetched: (name: string) => Promise<string>): Promise<boolean> {
    const name = head.overlay
    if (name === this.#name) return false
    const envelope = name === undefined ? null : await fetched(name)
    await this.#use(envelope, head)
    await store.setOverlay(envelope)
    this.#options.said()
    return true
  }

  /** @param head whose site it has to be of; what was kept was so once */
  async #use(envelope: string | null, head?: Head): Promise<void> {
    const { pins, apply } = this.#options
    const overlay = envelope === null ? null : await (await part('openOverlay')).openOverlay(envelope, pins)
    if (head && overlay && overlay.site !== head.site) {
      throw new ForYouError('wrong_site', `The overlay is of site "${overlay.site}".`)
    }
    apply(overlay)
    this.#envelope = envelope
    this.#name = overlay?.name
  }
}
