import { commands } from 'vitest/browser'
import { type Bundle, openBundle } from '../../shared/bundle/openBundle.ts'
import { firstDifference } from '../../shared/rank/golden.ts'
import type { Network } from '../../shared/rank/network.ts'
import { createRecommender } from '../../shared/rank/recommend.ts'
import type { ParityCase, ParityReference } from './parityCase.ts'

declare module 'vitest/browser' {
  interface BrowserCommands {
    parityReference(count: number): Promise<string>
  }
}

/** Random histories that every way of ranking is asked for. */
const HISTORIES = 1000

/** The bundle that Node trained, opened here, and what Node ranked with it. */
export async function parityCases(): Promise<{ bundle: Bundle; cases: readonly ParityCase[] }> {
  const { manifest, hash, blobs, cases }: ParityReference = JSON.parse(
    await commands.parityReference(HISTORIES),
  )
  const decoded = Object.entries(blobs).map(([role, text]) => {
    const bytes = Uint8Array.from(atob(text), (character) => character.charCodeAt(0))
    return [role, bytes.buffer] as const
  })
  return { bundle: openBundle(manifest, hash, new Map(decoded)), cases }
}

export interface Comparison {
  readonly slates: number
  /** Positions with the same score as the next: what only the order of item numbers decides. */
  readonly ties: number
  /** Slates that differ by more than the tolerance allows, as `case: position`. */
  readonly different: readonly string[]
}

export function comparison(bundle: Bundle, cases: readonly ParityCase[], network?: Network): Comparison {
  const { recommend } = createRecommender(bundle, network)
  const different: string[] = []
  let ties = 0
  for (const [c, { history, now, items }] of cases.entries()) {
    const got = recommend({ surface: 'for-you', k: items.length, history, now }).items
    const differs = firstDifference(items, got)
    if (differs >= 0) different.push(`${c}: ${differs}`)
    for (const [r, { score }] of items.entries()) if (score === items[r + 1]?.score) ties++
  }
  return { slates: cases.length, ties, different }
}
