import type { DeliveryStatus } from './api.ts'
import { openProposals } from './approvals.ts'
import { readVersions } from './audit.ts'
import type { DeliveryStore } from './deliveryStore.ts'
import { type HeadRules, readHead } from './writeHead.ts'

const LISTED_VERSIONS = 10

/** @throws ForYouError `not_found` where nothing is live */
export async function deliveryStatus(
  store: DeliveryStore,
  rules: HeadRules & { readonly approvals: boolean },
  now: number,
): Promise<DeliveryStatus> {
  const { head } = await readHead(store, rules)
  const versions = (await readVersions(store)).slice(-LISTED_VERSIONS).reverse()
  return { seq: head.seq, versions, proposals: await openProposals(store, now), approvals: rules.approvals }
}
