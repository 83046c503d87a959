import * as v from 'valibot'
import { MAX_RULES_BYTES } from '../bundle/limits.ts'
import { ForYouError } from './errors.ts'
import { MAX_K, SURFACES } from './slate.ts'

/** More would no longer be a merchandiser's wishes but a ranking of their own. */
export const MAX_RULES = 100
/** Items that one rule may name. */
const MAX_ITEMS = 1000
const MAX_VALUES = 100
/** A boost counts an item this many times at the most, a bury the same the other way. */
export const MAX_FACTOR = 100

const Text = v.pipe(v.string(), v.nonEmpty('must not be empty'), v.maxLength(256), v.normalize('NFC'))
const Fraction = v.pipe(
  v.number(),
  v.minValue(0, 'must not be below 0'),
  v.maxValue(1, 'must not be above 1'),
)
const Moment = v.pipe(v.number(), v.safeInteger('must be whole milliseconds since 1970'), v.minValue(0))
const Values = v.union(
  [Text, v.pipe(v.array(Text), v.minLength(1), v.maxLength(MAX_VALUES))],
  `must be a value or a list of 1 to ${MAX_VALUES} values`,
)

const WhereSchema = v.pipe(
  v.strictObject({
    items: v.optional(v.pipe(v.array(Text), v.minLength(1), v.maxLength(MAX_ITEMS))),
    attributes: v.optional(v.pipe(v.record(Text, Values), v.minEntries(1), v.maxEntries(10))),
  }),
  v.check(({ items, attributes }) => (items ?? attributes) !== undefined, 'must name items or attributes'),
)

const common = {
  /** Shown in reasons, in the audit and in errors. */
  name: v.pipe(
    v.string(),
    v.regex(/^[\p{L}\p{N}][\p{L}\p{N} ._-]{0,63}$/u, 'must be 1–64 letters, digits, spaces, ".", "_" or "-"'),
  ),
  surfaces: v.optional(
    v.pipe(
      v.array(v.picklist(SURFACES, (issue) => `there is no surface ${issue.received}`)),
      v.minLength(1, 'must name a surface, or be left out for all of them'),
    ),
  ),
  from: v.optional(Moment),
  until: v.optional(Moment),
}

const KINDS = {
  pin: { item: Text, slot: v.pipe(v.number(), v.integer(), v.minValue(1), v.maxValue(MAX_K)) },
  boost: {
    where: WhereSchema,
    factor: v.pipe(
      v.number(),
      v.minValue(1 / MAX_FACTOR, `must be at least 1/${MAX_FACTOR}`),
      v.maxValue(MAX_FACTOR, `must be at most ${MAX_FACTOR}`),
    ),
  },
  exclude: { where: WhereSchema },
  cap: { attribute: Text, max: v.pipe(v.number(), v.integer(), v.minValue(1), v.maxValue(MAX_K)) },
  diversity: { value: Fraction },
  explore: {
    share: Fraction,
    maxAgeDays: v.pipe(v.number(), v.minValue(0), v.maxValue(3650)),
  },
  'min-relevance': { value: Fraction },
  rotate: { rate: Fraction },
  seen: { mode: v.picklist(['exclude', 'decay']) },
} as const
export type RuleKind = keyof typeof KINDS

const RuleSchema = v.variant('kind', [
  v.strictObject({ kind: v.literal('pin'), ...common, ...KINDS.pin }),
  v.strictObject({ kind: v.literal('boost'), ...common, ...KINDS.boost }),
  v.strictObject({ kind: v.literal('exclude'), ...common, ...KINDS.exclude }),
  v.strictObject({ kind: v.literal('cap'), ...common, ...KINDS.cap }),
  v.strictObject({ kind: v.literal('diversity'), ...common, ...KINDS.diversity }),
  v.strictObject({ kind: v.literal('explore'), ...common, ...KINDS.explore }),
  v.strictObject({ kind: v.literal('min-relevance'), ...common, ...KINDS['min-relevance'] }),
  v.strictObject({ kind: v.literal('rotate'), ...common, ...KINDS.rotate }),
  v.strictObject({ kind: v.literal('seen'), ...common, ...KINDS.seen }),
])

/** The document that travels in the head or beside it; for the edge's own description too. */
export const RulesSchema = v.strictObject({ schema: v.literal(1), rules: v.array(RuleSchema) })

/** Items that are named, and items that carry every one of the attributes (any of the values given for it). */
export type Where = v.InferOutput<typeof WhereSchema>
/**
 * One wish of whoever runs the site.
 * - `pin`: `item` stands at `slot` (from 1) of the first page
 * - `boost`: what matches counts `factor` times; below 1 it is buried
 * - `exclude`: what matches is never shown
 * - `cap`: at most `max` items of each value of an attribute on a page
 * - `diversity`: 0 off, 1 as varied as can be
 * - `explore`: `share` of the slots goes to items first seen in the last `maxAgeDays`
 * - `min-relevance`: nothing below it
 * - `rotate`: how fast what was shown and not chosen sinks, 0 not at all
 * - `seen`: leave out what the visitor has seen, or only lower it while it is recent
 *
 * `from` ≤ now < `until`, ms since 1970 UTC; without `surfaces` it holds on all of them.
 */
export type Rule = v.InferOutput<typeof RuleSchema>
export type RulesDocument = v.InferOutput<typeof RulesSchema>

/**
 * Reads a rules document as somebody wrote it.
 * @throws ForYouError `bad_data` naming the rule and the reason: a document is good as a whole or refused
 */
export function parseRules(text: string): RulesDocument {
  const bytes = new TextEncoder().encode(text).length
  if (bytes > MAX_RULES_BYTES) throw refused(`has ${bytes} bytes, at most ${MAX_RULES_BYTES} are allowed`)
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch (cause) {
    throw refused(`is not JSON: ${cause instanceof Error ? cause.message : cause}`)
  }
  return checkRules(value)
}

/** @throws ForYouError `bad_data` as `parseRules` */
export function checkRules(value: unknown): RulesDocument {
  const all = (value as { rules?: unknown } | null)?.rules
  if (Array.isArray(all) && all.length > MAX_RULES)
    throw refused(`holds ${all.length} rules, at most ${MAX_RULES} are allowed`)
  const parsed = v.safeParse(RulesSchema, value)
  if (!parsed.success) throw issueError(parsed.issues[0], all)
  const { rules } = parsed.output
  for (const [r, rule] of rules.entries()) {
    if (rule.from !== undefined && rule.until !== undefined && rule.from >= rule.until)
      throw refused('"from" must lie before "until"', rule.name)
    for (const other of rules.slice(0, r)) {
      if (other.name === rule.name) throw refused('another rule has the same name', rule.name)
      const clash = clashOf(rule, other)
      if (clash)
        throw refused(`${clash} by "${other.name}" too, on the same surface and at the same time`, rule.name)
    }
  }
  return parsed.output
}

function refused(reason: string, rule?: string): ForYouError {
  const where = rule === undefined ? 'The rules document' : `Rule "${rule}":`
  return new ForYouError('bad_data', `${where} ${reason}.`, {
    hint: 'The rules that are live stay as they are.',
  })
}

type Issue = Parameters<typeof v.getDotPath>[0]

function issueError(issue: Issue & { message: string }, all: unknown): ForYouError {
  const [first, index, ...rest] = issue.path ?? []
  if (first?.key !== 'rules' || index === undefined || !Array.isArray(all))
    return refused(`is wrong at ${v.getDotPath(issue) ?? 'the top'}: ${issue.message}`)
  const position = Number(index.key)
  const { name, kind } = (all[position] ?? {}) as { name?: unknown; kind?: unknown }
  const known = typeof kind === 'string' && Object.hasOwn(KINDS, kind)
  const called = typeof name === 'string' && name !== '' ? name : `no. ${position + 1}`
  if (!known)
    return refused(`there is no kind ${JSON.stringify(kind)}; use ${Object.keys(KINDS).join(', ')}`, called)
  const at = rest.map(({ key }) => String(key)).join('.')
  return refused(at === '' ? issue.message : `"${at}": ${issue.message}`, called)
}

/** What two rules both decide, where only one can. */
function clashOf(a: Rule, b: Rule): string | null {
  if (a.kind !== b.kind || !overlap(a, b)) return null
  if (a.kind === 'boost' || a.kind === 'exclude') return null
  if (a.kind === 'pin' && b.kind === 'pin') {
    if (a.slot === b.slot) return `slot ${a.slot} is taken`
    return a.item === b.item ? `the item "${a.item}" is pinned` : null
  }
  if (a.kind === 'cap' && b.kind === 'cap')
    return a.attribute === b.attribute ? `"${a.attribute}" is capped` : null
  return `${a.kind} is set`
}

function overlap(a: Rule, b: Rule): boolean {
  const sameTime =
    (a.from ?? 0) < (b.until ?? Number.POSITIVE_INFINITY) &&
    (b.from ?? 0) < (a.until ?? Number.POSITIVE_INFINITY)
  const { surfaces = SURFACES } = a
  return sameTime && surfaces.some((s) => (b.surfaces ?? SURFACES).includes(s))
}
