/** Interactions by column, in any order, before they are indexed. Codes point into `users` and `items`. */
export interface InteractionColumns {
  /** Distinct user ids, by code. */
  readonly users: readonly string[]
  /** Distinct item ids, by code. */
  readonly items: readonly string[]
  /** user code of each row */
  readonly user: Int32Array
  /** item code of each row */
  readonly item: Int32Array
  /** ms since 1970 UTC, a step, or 0 */
  readonly at: Float64Array
  /** rating or quantity, NaN where there is none */
  readonly value: Float32Array
  readonly positive: Uint8Array
  /** 1-based line of each row in its file, where there is one. */
  readonly line?: Int32Array
}

/** What users were shown, by column, in any order. Codes are those of the interactions. */
export interface ImpressionColumns {
  readonly user: Int32Array
  readonly item: Int32Array
  /** ms since 1970 UTC, or 0 */
  readonly at: Float64Array
  /** number of the slate, −1 where the log names none */
  readonly slate: Int32Array
  /** from 1; 0 where the log does not say */
  readonly position: Int32Array
  /** chance of having been seen, NaN where the log does not say */
  readonly propensity: Float32Array
}

/** Gathers interactions row by row into columns; ids become codes at once, so that no row is an object. */
export class ColumnBuilder {
  readonly #users = new Dictionary()
  readonly #items = new Dictionary()
  #user: Int32Array
  #item: Int32Array
  #at: Float64Array
  #value: Float32Array
  #positive: Uint8Array
  #length = 0

  /** @param expected rows, if known; more is fine */
  constructor(expected = 1024) {
    const capacity = Math.max(16, expected)
    this.#user = new Int32Array(capacity)
    this.#item = new Int32Array(capacity)
    this.#at = new Float64Array(capacity)
    this.#value = new Float32Array(capacity)
    this.#positive = new Uint8Array(capacity)
  }

  get length(): number {
    return this.#length
  }

  userCode(id: string): number {
    return this.#users.code(id)
  }

  itemCode(id: string): number {
    return this.#items.code(id)
  }

  /** @param user a code of `userCode` @param item a code of `itemCode` */
  add(user: number, item: number, at: number, value: number, positive: boolean): void {
    if (this.#length === this.#user.length) this.#grow()
    const row = this.#length++
    this.#user[row] = user
    this.#item[row] = item
    this.#at[row] = at
    this.#value[row] = value
    this.#positive[row] = positive ? 1 : 0
  }

  columns(): InteractionColumns {
    const end = this.#length
    return {
      users: this.#users.ids,
      items: this.#items.ids,
      user: this.#user.subarray(0, end),
      item: this.#item.subarray(0, end),
      at: this.#at.subarray(0, end),
      value: this.#value.subarray(0, end),
      positive: this.#positive.subarray(0, end),
    }
  }

  #grow(): void {
    const capacity = this.#user.length * 2
    const user = new Int32Array(capacity)
    user.set(this.#user)
    this.#user = user
    const item = new Int32Array(capacity)
    item.set(this.#item)
    this.#item = item
    const at = new Float64Array(capacity)
    at.set(this.#at)
    this.#at = at
    const value = new Float32Array(capacity)
    value.set(this.#value)
    this.#value = value
    const positive = new Uint8Array(capacity)
    positive.set(this.#positive)
    this.#positive = positive
  }
}

class Dictionary {
  readonly ids: string[] = []
  readonly #codes = new Map<string, number>()

  code(id: string): number {
    const known = this.#codes.get(id)
    if (known !== undefined) return known
    const code = this.ids.length
    this.#codes.set(id, code)
    this.ids.push(id)
    return code
  }
}
