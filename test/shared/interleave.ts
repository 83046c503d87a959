/** Thrown where a fault was injected: the request or its answer was lost, or the process died. */
export class Fault extends Error {}

export interface Actor {
  readonly name: string
  run(): Promise<void>
}

type Parked = { readonly name: string; resume(): void }

/**
 * Runs actors one step at a time in a seeded order: a step is everything between two calls of `turn`. Deterministic,
 * although the steps await real cryptography: nobody else moves while one does.
 */
export class Interleaving {
  readonly #random: () => number
  readonly #parked: Parked[] = []
  #moved: (() => void) | null = null
  /** The order in which steps were taken, for whoever has to understand a failure. */
  readonly trace: string[] = []

  constructor(random: () => number) {
    this.#random = random
  }

  /** Waits until it is this actor's turn. */
  turn(name: string): Promise<void> {
    return new Promise((resume) => {
      this.#parked.push({ name, resume })
      this.#moved?.()
    })
  }

  async run(actors: readonly Actor[]): Promise<void> {
    const failures: unknown[] = []
    let running = actors.length
    for (const { name, run } of actors) {
      // One after the other up to its first turn, too.
      const moved = this.#nextMove()
      void this.turn(name)
        .then(run)
        .catch((error) => failures.push(error))
        .finally(() => {
          running--
          this.#moved?.()
        })
      await moved
    }
    while (running > 0) {
      const next = this.#parked.splice(Math.floor(this.#random() * this.#parked.length), 1)[0]
      if (!next) throw new Error('an actor waits for something that is not a turn')
      this.trace.push(next.name)
      const moved = this.#nextMove()
      next.resume()
      await moved
    }
    if (failures.length > 0) throw failures[0]
  }

  #nextMove(): Promise<void> {
    return new Promise((resolve) => {
      this.#moved = () => {
        this.#moved = null
        resolve()
      }
    })
  }
}

/**
 * A proxy of a store whose every call waits for its turn and may then be lost: before it had its effect, or after.
 * @param share of the calls that are lost
 */
export function faulty<T extends object>(
  store: T,
  name: string,
  interleaving: Interleaving,
  random: () => number,
  share: number,
): T {
  return new Proxy(store, {
    get(target, property) {
      const value: unknown = Reflect.get(target, property, target)
      if (typeof value !== 'function') return value
      return async (...args: unknown[]) => {
        await interleaving.turn(name)
        const fate = random()
        if (fate < share / 2) throw new Fault('the request was lost')
        const result: unknown = await Reflect.apply(value, target, args)
        if (fate < share) throw new Fault('the answer was lost')
        return result
      }
    },
  })
}
