import { ForYouError } from '../domain/errors.ts'
import type { Changed, ChangeKind, Wish } from './api.ts'
import { approve, propose } from './approvals.ts'
import type { DeliveryStore } from './deliveryStore.ts'
import { canary, promote, rollback } from './goLive.ts'
import { kill, putOverlay, refresh, restoreHead } from './heads.ts'
import { putRules } from './siteRules.ts'
import type { HeadRules } from './writeHead.ts'

/** Visitors out of a thousand to whom one person alone may give a canary where a promote needs two. */
export const SOLO_PERMILLE = 100

export interface DeliveryRules extends HeadRules {
  /** Whether a second person has to approve what everybody gets. */
  readonly approvals: boolean
}

type Perform = {
  readonly [K in ChangeKind]: (
    store: DeliveryStore,
    rules: DeliveryRules,
    wish: Wish<K> & { readonly who: string },
    now: number,
  ) => Promise<Changed<K>>
}

const PERFORM: Perform = {
  promote: (store, rules, wish, now) =>
    rules.approvals ? propose(store, wish, now) : promote(store, rules, wish, now),
  approve,
  async canary(store, rules, wish, now) {
    if (!rules.approvals || wish.permille <= SOLO_PERMILLE) return canary(store, rules, wish, now)
    throw new ForYouError(
      'forbidden',
      `One person alone may give a canary to ${SOLO_PERMILLE / 10} % of the visitors at the most.`,
      { hint: 'Promote it instead, and have that approved.' },
    )
  },
  rollback,
  kill,
  overlay: putOverlay,
  rules: putRules,
  refresh,
  restore: restoreHead,
}

/**
 * Carries out a change of the head, whatever holds it: the edge's bucket or a folder.
 * @param who name of the caller, for the audit trail
 * @param now ms since 1970 UTC
 * @throws ForYouError as the change itself; `conflict` where another one was quicker
 */
export async function performChange<K extends ChangeKind>(
  store: DeliveryStore,
  rules: DeliveryRules,
  kind: K,
  wish: Wish<K> & { readonly who: string },
  now: number,
): Promise<Changed<K>> {
  return PERFORM[kind](store, rules, wish, now)
}
