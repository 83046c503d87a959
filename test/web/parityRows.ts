import { sha256 } from '../../shared/bundle/hash.ts'
import type { Interaction, UserHistory } from '../../shared/domain/interaction.ts'
import { featureRows } from '../../shared/features/features.ts'
import { candidateSource, candidates } from '../../shared/rank/candidates.ts'
import { historyView } from '../../shared/rank/historyView.ts'
import { queryScores, queryState, type RankState } from '../../shared/rank/queryState.ts'

/** SHA-256 of every candidate's number and of every bit of its features, for one history. */
export async function rowsDigest(state: RankState, history: UserHistory, now: number): Promise<string> {
  const view = historyView(state.bundle, history, now)
  const scores = queryScores(state, view)
  const found = candidates(candidateSource(state), scores, (item) => view.seen.has(item))
  const rows = featureRows(queryState(state, view, scores, found), found.items)
  return sha256(`${found.items.join()} ${new Uint32Array(rows.buffer).join()}`)
}

/** What a device keeps of interactions that happened one after the other: a reload is no second view. */
export function withoutReloads(history: readonly Interaction[]): Interaction[] {
  return history.filter(({ item, kind }, h) => {
    const next = history[h + 1]
    return next === undefined || next.item !== item || next.kind !== kind
  })
}
