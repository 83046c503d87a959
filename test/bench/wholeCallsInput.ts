import type { Manifest } from '../../shared/bundle/manifest.ts'

export interface WholeCallsInput {
  readonly manifest: Manifest
  readonly payload: string
  readonly hash: string
  /** Calls of each kind. */
  readonly calls: number
  readonly k: number
  readonly interactions: number
}

/** ms */
export interface Quantiles {
  readonly p50: number
  readonly p90: number
  readonly p99: number
}

export interface WholeCallsAnswer {
  readonly backend: string
  /** From decoded blobs in memory to a recommender. */
  readonly open: Quantiles
  /** The first slate that a recommender makes, before anything is compiled or computed. */
  readonly first: number
  readonly calls: Readonly<Record<'history' | 'plain' | 'nobody' | 'similar', Quantiles>>
  /** From nothing in memory and everything in IndexedDB to the visitor's first slate, hashes checked. */
  readonly warmStart: Quantiles
  /** The same on a first visit, from an edge without a network, and to the whole bundle in place. */
  readonly coldSlate: number
  readonly coldWhole: number
}
