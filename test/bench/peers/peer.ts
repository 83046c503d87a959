/** A library that finds the nearest of some vectors. */
export interface Peer {
  readonly name: string
  /** Takes the vectors in; what it needs of itself has been loaded before. */
  build(vectors: readonly Float32Array[]): Promise<Search> | Search
}
/** @returns positions of the k nearest, best first, as the library sees it */
export type Search = (query: Float32Array, k: number) => Promise<readonly number[]> | readonly number[]
