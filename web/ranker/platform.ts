import type { NetworkWeights } from '../../shared/bundle/rankerFile.ts'
import type { Network } from '../../shared/rank/network.ts'
import type { PromisedDatabase } from './promisedDatabase.ts'

/** A faster way to compute the ranker's network, loaded when a bundle needs it. */
export interface NetworkLoader {
  readonly backend: 'wasm' | 'cpu'
  /** Rejects where this browser or this page's policy refuses it. */
  load(weights: NetworkWeights): Promise<Network>
}

/** What one tab tells the others. Carries no data: whoever hears it reads the database. */
export type TabMessage = 'history' | 'bundle' | 'withdrawn'

export interface TabChannel {
  post(message: TabMessage): void
  listen(listener: (message: TabMessage) => void): void
  close(): void
}

/** Everything that the ranker takes from its surroundings; tests put their own in. */
export interface Platform {
  /** ms since 1970 UTC */
  now(): number
  /** 0 ≤ x < 1 */
  random(): number
  /** Resolves after so many ms. */
  pause(ms: number): Promise<void>
  fetch(url: string, init: RequestInit): Promise<Response>
  /** False only where the browser is certain. */
  online(): boolean
  /** Whether memory or traffic is so short that a part of a large catalogue has to do. */
  lean(): boolean
  openDatabase(): Promise<PromisedDatabase>
  deleteDatabase(): Promise<void>
  /** Absent on plain http. */
  readonly locks: Pick<LockManager, 'request'> | null
  /** Opened only while something is kept that tabs share. */
  channel(): TabChannel | null
  /** Best first; empty on the main thread, where the plain forward pass is quick enough and blocks least. */
  readonly networks: readonly NetworkLoader[]
}
