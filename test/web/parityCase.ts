import type { Manifest } from '../../shared/bundle/manifest.ts'
import type { Interaction } from '../../shared/domain/interaction.ts'

/** What Node ranks with the plain forward pass, and everything that it takes to rank it again elsewhere. */
export interface ParityReference {
  readonly manifest: Manifest
  readonly hash: string
  /** Role → base64. */
  readonly blobs: Readonly<Record<string, string>>
  readonly cases: readonly ParityCase[]
}

export interface ParityCase {
  readonly history: readonly Interaction[]
  readonly now: number
  readonly items: readonly { readonly item: string; readonly score: number }[]
  /** `rowsDigest` of what a device keeps of the history; of the first cases only. */
  readonly features?: string
}
