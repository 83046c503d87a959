export interface CompareInput {
  readonly count: number
  readonly dims: number
  readonly k: number
  readonly queries: readonly (readonly number[])[]
}

export type CompareAnswer = readonly {
  readonly name: string
  readonly buildMs: number
  /** Bytes that the page holds more once it is built, WebAssembly's included. */
  readonly bytes: number
  /** ms for one query. */
  readonly median: number
  readonly best: number
  /** Share of the exact top k by inner product. */
  readonly recall: number
}[]
