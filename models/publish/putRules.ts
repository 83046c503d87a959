import { randomUUID } from 'node:crypto'
import type { Pins } from '../../shared/bundle/envelope.ts'
import { errorCode } from '../../shared/domain/errors.ts'
import { checkRules, type RulesDocument } from '../../shared/domain/rules.ts'
import type { EdgeClient } from './edgeClient.ts'
import { type LiveItems, readLiveItems } from './liveItems.ts'
import { popularLists } from './popularLists.ts'

/** Makes the next document of the live one, which is read only where it is asked for: a damaged one can be replaced. */
export type RulesChange = (before: () => Promise<RulesDocument>) => Promise<RulesDocument>

export interface PutRulesOptions {
  readonly pins: Pins
  /** ms since 1970 UTC */
  readonly now: () => number
  readonly reason?: string | undefined
  /** Waits that many milliseconds; a parameter so that tests need not. */
  readonly sleep?: (ms: number) => Promise<void>
}

export interface PutRules {
  readonly live: LiveItems
  readonly rules: RulesDocument
  readonly seq: number
  /** False where all of it was so already. */
  readonly changed: boolean
  /** Whether popular lists that agree could be put there; without them there are none while something is excluded. */
  readonly lists: boolean
}

export const NO_RULES: RulesDocument = { schema: 1, rules: [] }
/** Of those who change the head at once, one wins a round; an edge may also show a head that is a minute old. */
const ATTEMPTS = 10

/**
 * Changes the site's rules: reads what is live, renders the popular lists without what is excluded, and sets both in one
 * operation. Where another operation was quicker, all of it is done again on what that has left.
 * @throws ForYouError `bad_data` naming the rule and the reason, and all that the edge refuses
 */
export async function putRules(
  client: EdgeClient,
  change: RulesChange,
  options: PutRulesOptions,
): Promise<PutRules> {
  const { sleep = (ms) => new Promise((resolve) => setTimeout(resolve, ms)) } = options
  const kept = new Map<string, ArrayBuffer>()
  for (let attempt = 1; ; attempt++) {
    const live = await readLiveItems(client, options.pins, kept)
    try {
      return await attemptRules(client, live, change, options)
    } catch (error) {
      if (errorCode(error) !== 'conflict' || attempt === ATTEMPTS) throw error
      await sleep(Math.min(250 * 2 ** attempt, 15_000))
    }
  }
}

async function attemptRules(
  client: EdgeClient,
  live: LiveItems,
  change: RulesChange,
  { now, reason }: PutRulesOptions,
): Promise<PutRules> {
  const { head } = live
  const before = () => live.rules().then((rules) => rules ?? NO_RULES)
  const rules = checkRules(await change(before))
  const next = rules.rules.length > 0 ? rules : null
  const lists = await popularLists(client, live, live.overlay, next, now()).catch((error) => {
    // A merchandiser's token may store no pages.
    if (errorCode(error) === 'unauthorised' || errorCode(error) === 'forbidden') return null
    throw error
  })
  const { popularJson, popularHtml } = head.active!
  const others = lists && (lists.popularJson !== popularJson || lists.popularHtml !== popularHtml)
  const result = { live, rules, lists: lists !== null }
  const known = await before().catch(() => null)
  if (!others && known && JSON.stringify(known) === JSON.stringify(rules))
    return { ...result, seq: head.seq, changed: false }
  const { seq } = await client.change('rules', {
    rules: next,
    ...lists,
    op: randomUUID(),
    seq: head.seq,
    ...(reason !== undefined && { reason }),
  })
  return { ...result, seq, changed: true }
}
