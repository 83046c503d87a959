import * as v from 'valibot'
import { DAY_MS } from '../../shared/domain/clock.ts'
import {
  type Interaction,
  InteractionSchema,
  keptHistory,
  type UserHistory,
} from '../../shared/domain/interaction.ts'
import type { DeviceDatabase } from './database.ts'

export interface HistoryOptions {
  /** Where the history survives; memory alone where there is none. */
  readonly database: DeviceDatabase | null
  readonly now: () => number
  /** Told when the database fails; memory serves from then on. */
  readonly problem?: (error: unknown) => void
}

/**
 * The visitor's history: item ids, kinds and times, nothing else. Ranking reads the copy in memory; the database, where
 * there is one, is what survives and what tabs share, so that every change is made to what lies there, in one transaction.
 *
 * An interaction lives until it is older than 90 days, counted from the visitor's latest one: a visitor who comes back
 * after years finds the same recommendations, and nothing older than 90 days of use is ever kept.
 */
export class HistoryStore {
  #database: DeviceDatabase | null
  #history: readonly Interaction[] = []
  readonly #now: () => number
  readonly #problem: (error: unknown) => void

  constructor({ database, now, problem = () => undefined }: HistoryOptions) {
    this.#database = database
    this.#now = now
    this.#problem = problem
  }

  get kind(): 'indexeddb' | 'memory' {
    return this.#database ? 'indexeddb' : 'memory'
  }

  /** Oldest first. */
  list(): UserHistory {
    return this.#history
  }

  /** Takes in what somebody kept for us: whatever is not an interaction is dropped. */
  restore(values: readonly unknown[]): void {
    this.#history = this.#tidy(values)
  }

  /** Reads the database again: at the start, and when another tab has written. */
  load(): Promise<void> {
    return this.#change((history) => history)
  }

  /** A reload is no second view: where the latest interaction is repeated, the later time replaces the earlier one. */
  record(interaction: Interaction): Promise<void> {
    return this.#change((history) => {
      const last = history.at(-1)
      const repeat = last?.item === interaction.item && last.kind === interaction.kind
      return [...(repeat ? history.slice(0, -1) : history), interaction]
    })
  }

  remove(item: string): Promise<void> {
    return this.#change((history) => history.filter((h) => h.item !== item))
  }

  clear(): Promise<void> {
    return this.#change(() => [])
  }

  async #change(edit: (history: readonly Interaction[]) => readonly Interaction[]): Promise<void> {
    if (this.#database) {
      try {
        this.#history = await this.#database.run(async (db) => {
          const transaction = db.transaction('history', 'readwrite')
          const stored: readonly unknown[] = await transaction.store.getAll()
          const edited = this.#tidy(edit(this.#tidy(stored)))
          const kept = stored.every((value, i) => same(value, edited[i]))
          if (!kept) await transaction.store.clear()
          for (const interaction of kept ? edited.slice(stored.length) : edited)
            await transaction.store.add(interaction)
          await transaction.done
          return edited
        })
        return
      } catch (error) {
        this.#database = null
        this.#problem(error)
      }
    }
    this.#history = this.#tidy(edit(this.#history))
  }

  /** Valid, sorted by time, within cap and time to live. */
  #tidy(values: readonly unknown[]): readonly Interaction[] {
    const latest = this.#now() + DAY_MS
    const valid = values.flatMap((value) => {
      const parsed = v.safeParse(InteractionSchema, value)
      // A moment that is yet to come would outlive all the others.
      return parsed.success && parsed.output.at <= latest ? parsed.output : []
    })
    return keptHistory(valid.toSorted((a, b) => a.at - b.at))
  }
}

function same(stored: unknown, { item, kind, at }: Partial<Interaction> = {}): boolean {
  const value = (stored ?? {}) as Partial<Record<keyof Interaction, unknown>>
  return value.item === item && value.kind === kind && value.at === at && item !== undefined
}
