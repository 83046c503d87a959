import { DAY_MS } from '../domain/clock.ts'
import { ForYouError } from '../domain/errors.ts'
import type { Pending, Written } from './api.ts'
import type { DeliveryStore, Proposal } from './deliveryStore.ts'
import { promote } from './goLive.ts'
import type { HeadRules, Operation } from './writeHead.ts'

/** A proposal that nobody has approved for a day is void. */
export const PROPOSAL_LIFE_MS = DAY_MS

/**
 * Proposes that a manifest goes live; a second person has to approve it (trust T17). Idempotent.
 * @throws ForYouError `conflict` where the id was used for something else
 */
export async function propose(
  store: DeliveryStore,
  { manifest, op, who = 'unknown' }: Operation & { readonly manifest: string },
  now: number,
): Promise<Pending> {
  const did = `promote ${manifest}`
  const proposal: Proposal = { op, did, who, at: now }
  if (!(await store.putProposal(proposal))) {
    const known = await find(store, op)
    if (known.did !== did) {
      throw new ForYouError('conflict', `Operation "${op}" was used for another proposal (${known.did}).`, {
        hint: 'Use a new id for each change.',
      })
    }
    return { pending: true, op, manifest, until: known.at + PROPOSAL_LIFE_MS }
  }
  return { pending: true, op, manifest, until: now + PROPOSAL_LIFE_MS }
}

/**
 * Carries out what another person has proposed, under the id of the proposal: approving twice does it once.
 * @throws ForYouError `not_found`, `forbidden` for one's own proposal, `expired`, and all that promote refuses
 */
export async function approve(
  store: DeliveryStore,
  rules: HeadRules,
  { op, who = 'unknown' }: Operation,
  now: number,
): Promise<Written> {
  const { did, who: proposer, at } = await find(store, op)
  if (proposer === who) {
    throw new ForYouError('forbidden', `"${who}" has proposed this and cannot approve it.`, {
      hint: 'Somebody else has to, with a token of their own.',
    })
  }
  if (now > at + PROPOSAL_LIFE_MS) {
    throw new ForYouError('expired', 'The proposal is older than a day.', { hint: 'Promote again.' })
  }
  const manifest = did.split(' ')[1] ?? ''
  return promote(store, rules, { manifest, op, who: `${proposer}+${who}` }, now)
}

/** Those that can still be approved and were not carried out. */
export async function openProposals(store: DeliveryStore, now: number): Promise<Proposal[]> {
  const [proposals, lines] = [await store.proposals(), await store.lines(100)]
  const done = new Set(lines.map(({ op }) => op))
  return proposals.filter(({ op, at }) => now <= at + PROPOSAL_LIFE_MS && !done.has(op))
}

async function find(store: DeliveryStore, op: string): Promise<Proposal> {
  const proposal = (await store.proposals()).find((known) => known.op === op)
  if (proposal) return proposal
  throw new ForYouError('not_found', `There is no proposal "${op}".`)
}
