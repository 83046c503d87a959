/**
 * Keeps the k best items offered, as a binary heap with the worst on top. Higher scores first, ties to the lower item
 * number: the order of every list in this product.
 */
export class TopK {
  readonly #k: number
  readonly #items: Int32Array
  readonly #scores: Float64Array
  #size = 0

  constructor(k: number) {
    this.#k = k
    this.#items = new Int32Array(k)
    this.#scores = new Float64Array(k)
  }

  /** Offers below this score cannot enter; an equal one still may, by its lower item number. */
  get threshold(): number {
    return this.#size < this.#k ? Number.NEGATIVE_INFINITY : this.#scores[0]!
  }

  offer(item: number, score: number): void {
    if (this.#size < this.#k) {
      this.#rise(this.#size++, item, score)
    } else if (this.#k > 0 && this.#beats(score, item, 0)) {
      this.#sink(item, score)
    }
  }

  /** Empties the heap, best first. */
  drain(): { items: Int32Array; scores: Float64Array } {
    const items = new Int32Array(this.#size)
    const scores = new Float64Array(this.#size)
    for (let n = this.#size - 1; n >= 0; n--) {
      items[n] = this.#items[0]!
      scores[n] = this.#scores[0]!
      this.#size = n
      if (n > 0) this.#sink(this.#items[n]!, this.#scores[n]!)
    }
    return { items, scores }
  }

  #beats(score: number, item: number, slot: number): boolean {
    const other = this.#scores[slot]!
    return score > other || (score === other && item < this.#items[slot]!)
  }

  #rise(slot: number, item: number, score: number): void {
    let at = slot
    while (at > 0) {
      const parent = (at - 1) >> 1
      if (this.#beats(score, item, parent)) break
      this.#items[at] = this.#items[parent]!
      this.#scores[at] = this.#scores[parent]!
      at = parent
    }
    this.#items[at] = item
    this.#scores[at] = score
  }

  #sink(item: number, score: number): void {
    let at = 0
    for (;;) {
      let child = 2 * at + 1
      if (child >= this.#size) break
      const right = child + 1
      if (right < this.#size && this.#beats(this.#scores[child]!, this.#items[child]!, right)) child = right
      if (!this.#beats(score, item, child)) break
      this.#items[at] = this.#items[child]!
      this.#scores[at] = this.#scores[child]!
      at = child
    }
    this.#items[at] = item
    this.#scores[at] = score
  }
}
