import type { Head } from '../../shared/bundle/manifest.ts'
import { ForYouError } from '../../shared/domain/errors.ts'
import type { BundleStore } from './bundleStore.ts'

/** What a head says beside the bundle, opened. */
export interface Said {
  readonly site: string
  /** What tells it from another one. */
  readonly name: string
}

export interface SaidOptions<T extends Said> {
  /** Under which the device keeps it. */
  readonly key: 'overlay' | 'rules'
  /** Verifies what is kept or came, and reads it. */
  open(text: string): Promise<T>
  /** Puts it to use; `null` where there is none any more. */
  apply(said: T | null): void
  /** Another one is in use. */
  said(): void
  problem(error: unknown): void
}

/**
 * Keeps what the owner says beside the bundle, of single items or as rules of the site: so that it holds offline, and for the
 * next bundle.
 */
export class SaidKeeper<T extends Said> {
  readonly #options: SaidOptions<T>
  #text: string | null = null
  /** Name of the one in use. */
  #name: string | undefined

  constructor(options: SaidOptions<T>) {
    this.#options = options
  }

  /**
   * Reads back what the device has kept and verifies it again. One that was tampered with counts for nothing: the next
   * contact brings it anew.
   */
  async load(store: BundleStore): Promise<void> {
    const { key, said, problem } = this.#options
    const text = await store.said(key)
    if (this.#text === text) return
    await this.#use(text).then(said, problem)
  }

  /**
   * Follows a verified head.
   * @param name what the head names, `undefined` for nothing
   * @param fetched brings the text of that name, verified
   * @returns whether another one is in use and kept now, so that other tabs should read it
   * @throws ForYouError where the new one cannot be fetched or is not what it should be; the one before stays
   */
  async follow(
    { site }: Head,
    name: string | undefined,
    store: BundleStore,
    fetched: (name: string) => Promise<string>,
  ): Promise<boolean> {
    if (name === this.#name) return false
    const text = name === undefined ? null : await fetched(name)
    await this.#use(text, site)
    await store.setSaid(this.#options.key, text)
    this.#options.said()
    return true
  }

  /** @param site whose it has to be; what was kept was so once */
  async #use(text: string | null, site?: string): Promise<void> {
    const { key, open, apply } = this.#options
    const said = text === null ? null : await open(text)
    if (site && said && said.site !== site)
      throw new ForYouError('wrong_site', `The ${key} is of site "${said.site}".`)
    apply(said)
    this.#text = text
    this.#name = said?.name
  }
}
