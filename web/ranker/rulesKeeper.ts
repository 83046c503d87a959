import type { Pins } from '../../shared/bundle/envelope.ts'
import type { Head } from '../../shared/bundle/manifest.ts'
import type { Rule } from '../../shared/domain/rules.ts'
import { rulesAt } from '../../shared/domain/rulesAt.ts'
import type { BundleStore } from './bundleStore.ts'
import type { Engine } from './engine.ts'
import type { OpenedRules } from './openRules.ts'
import { part } from './part.ts'
import type { Platform } from './platform.ts'
import { SaidKeeper } from './saidKeeper.ts'

export interface RulesOptions {
  readonly platform: Pick<Platform, 'now'>
  readonly pins: Pins
  /** Loads what rules need before they come into use: no slate waits for it. */
  readonly engine: Pick<Engine, 'prepare'>
  /** Other rules hold. */
  said(): void
  problem(error: unknown): void
}

/** Keeps the site's rules, by the visitor's own clock. */
export class RulesKeeper {
  readonly #options: RulesOptions
  readonly #kept: SaidKeeper<OpenedRules>
  #rules: readonly Rule[] = []
  /** Names of those that held when this was last looked at. */
  #held = ''

  constructor(options: RulesOptions) {
    this.#options = options
    this.#kept = new SaidKeeper({
      ...options,
      key: 'rules',
      async open(text) {
        const opened = await (await part('openRules')).openRules(text, options.pins)
        await options.engine.prepare(opened)
        return opened
      },
      apply: (opened) => {
        this.#rules = opened?.rules ?? []
        this.#look()
      },
    })
  }

  /** Those that hold now. */
  get now(): readonly Rule[] {
    return rulesAt(this.#rules, this.#options.platform.now())
  }

  load(store: BundleStore): Promise<void> {
    return this.#kept.load(store)
  }

  /** As `SaidKeeper.follow`. */
  follow(head: Head, store: BundleStore, fetched: () => Promise<string>): Promise<boolean> {
    return this.#kept.follow(head, head.rules && JSON.stringify(head.rules), store, fetched)
  }

  /** Tells where one has begun or ended in the meantime. */
  tick(): void {
    if (this.#look()) this.#options.said()
  }

  #look(): boolean {
    const before = this.#held
    this.#held = this.now.map(({ name }) => name).join()
    return this.#held !== before
  }
}
