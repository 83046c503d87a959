import { ForYouError } from '../../domain/errors.ts'
import type { Rule, RuleKind, Where } from '../../domain/rules.ts'
import { type ControlOptions, MAX_K, SCORE_UNITS, type Surface } from '../../domain/slate.ts'
import type { ItemSet, WhereIndex } from './whereIndex.ts'

/** Where a control comes from: the name of the site's rule, or the page. */
interface Named {
  readonly rule?: string
}

/** The one form that the page's options and the site's rules are compiled into, for one query. */
export interface Controls {
  readonly allowed: ItemSet | null
  /** Filter, lists and rules; what the visitor has seen is not among it. */
  banned(item: number): boolean
  readonly pins: readonly (Named & { readonly item: string; readonly slot: number })[]
  /** `share` is ln factor in units of the score. */
  readonly boosts: readonly (Named & { readonly set: ItemSet; readonly share: number })[]
  readonly caps: ReadonlyMap<string, number>
  readonly seen: Named & { readonly mode: 'exclude' | 'decay' }
  readonly minRelevance: number
  readonly diversity: Named & { readonly value: number }
  readonly explore: (Named & { readonly share: number; readonly maxAgeDays: number }) | null
  readonly rotate: Named & { readonly rate: number }
  /** Whether anything moves: if not, the order is that of the scores. */
  readonly active: boolean
}

/**
 * The page's options and the site's rules as one. Both leave out and boost; of two caps the lower holds, of two minimum relevances
 * the higher; a pin of the site's takes its slot before the page's; of what can only be one (diversity, exploration, rotation, seen) the
 * page's own word counts, for it was said for this very place.
 * @param rules all that hold now; those of other surfaces are left out here
 * @throws ForYouError `bad_usage` naming the option and what is wrong with it
 */
export function compileControls(
  options: ControlOptions,
  rules: readonly Rule[],
  surface: Surface,
  index: WhereIndex,
): Controls {
  checkControls(options)
  const here = rules.filter(({ surfaces }) => !surfaces || surfaces.includes(surface))
  const of = <K extends RuleKind>(kind: K) =>
    here.filter((rule): rule is Extract<Rule, { kind: K }> => rule.kind === kind)
  const one = <K extends RuleKind>(kind: K) => of(kind)[0]
  const { filter, exclude = [], excludeWhere } = options
  const allowed = filter ? index.matching({ attributes: filter }) : null
  const banned = [
    ...(exclude.length > 0 ? [{ items: [...exclude] }] : []),
    ...(excludeWhere ? [excludeWhere] : []),
    ...of('exclude').map(({ where }) => where),
  ].map((where: Where) => index.matching(where))
  const boost = ({ where, factor, name }: { where: Where; factor: number; name?: string }) => ({
    set: index.matching(where),
    share: Math.round(Math.log(factor) * SCORE_UNITS),
    ...(name !== undefined && { rule: name }),
  })
  const caps = new Map(Object.entries(options.caps ?? {}))
  for (const { attribute, max } of of('cap')) caps.set(attribute, Math.min(max, caps.get(attribute) ?? max))
  const controls = {
    allowed,
    banned: (item: number) => (allowed !== null && !allowed.has(item)) || banned.some((set) => set.has(item)),
    pins: [...of('pin').map(({ item, slot, name }) => ({ item, slot, rule: name })), ...(options.pins ?? [])],
    boosts: [...(options.boosts ?? []).map(boost), ...of('boost').map(boost)].filter(
      ({ share }) => share !== 0,
    ),
    caps,
    seen: chosen({ mode: options.seen }, one('seen'), { mode: 'exclude' as 'exclude' | 'decay' }),
    minRelevance: Math.max(options.minRelevance ?? 0, one('min-relevance')?.value ?? 0),
    diversity: chosen({ value: options.diversity }, one('diversity'), { value: 0 }),
    explore: options.explore ?? named(one('explore')) ?? null,
    rotate: chosen({ rate: options.rotate }, one('rotate'), { rate: 0 }),
  }
  const { pins, boosts, seen, diversity, explore, rotate, minRelevance } = controls
  const active =
    pins.length + boosts.length + caps.size + minRelevance + diversity.value + (explore?.share ?? 0) > 0 ||
    seen.mode === 'decay' ||
    (rotate.rate > 0 && options.shown !== undefined)
  return { ...controls, active }
}

function named<R extends { readonly name: string }>(rule: R | undefined): (R & Named) | undefined {
  return rule && { ...rule, rule: rule.name }
}

/** The page's word, else the rule's, else what holds without either. */
function chosen<T extends object>(
  own: { readonly [K in keyof T]: T[K] | undefined },
  rule: (T & { readonly name: string }) | undefined,
  none: T,
): T & Named {
  return Object.values(own)[0] === undefined ? (named(rule) ?? none) : (own as T)
}

function checkControls(options: ControlOptions): void {
  const {
    minRelevance,
    diversity,
    rotate,
    explore,
    seen,
    pins = [],
    boosts = [],
    caps = {},
    shown = {},
  } = options
  const within = (name: string, value: number | undefined, low: number, high: number, whole = false) => {
    if (value === undefined || (value >= low && value <= high && (!whole || Number.isInteger(value)))) return
    throw bad(name, `${whole ? 'a whole number' : 'a number'} from ${low} to ${high}`, value)
  }
  within('minRelevance', minRelevance, 0, 1)
  within('diversity', diversity, 0, 1)
  within('rotate', rotate, 0, 1)
  within('explore.share', explore?.share, 0, 1)
  within('explore.maxAgeDays', explore?.maxAgeDays, 0, 3650)
  if (seen !== undefined && seen !== 'exclude' && seen !== 'decay')
    throw bad('seen', '"exclude" or "decay"', seen)
  for (const [p, { item, slot }] of pins.entries()) {
    if (typeof item !== 'string') throw bad(`pins[${p}].item`, 'the id of an item', item)
    within(`pins[${p}].slot`, slot, 1, MAX_K, true)
    if (pins.findIndex((other) => other.slot === slot) < p)
      throw bad(`pins[${p}].slot`, 'a slot that no other pin has', slot)
  }
  for (const [b, { where, factor }] of boosts.entries()) {
    within(`boosts[${b}].factor`, factor, 0.01, 100)
    checkWhere(`boosts[${b}].where`, where)
  }
  for (const [name, max] of Object.entries(caps)) within(`caps.${name}`, max, 1, MAX_K, true)
  for (const [id, count] of Object.entries(shown)) within(`shown["${id}"]`, count, 0, 1e9)
  if (options.filter !== undefined) checkWhere('filter', { attributes: options.filter })
  if (options.excludeWhere !== undefined) checkWhere('excludeWhere', options.excludeWhere)
}

function checkWhere(name: string, { items = [], attributes = {} }: Where): void {
  if (!Array.isArray(items) || items.some((id) => typeof id !== 'string'))
    throw bad(`${name}.items`, 'a list of ids', items)
  for (const [attribute, value] of Object.entries(attributes)) {
    if ([value].flat().some((v) => typeof v !== 'string'))
      throw bad(`${name}.${attribute}`, 'a value or a list of values', value)
  }
}

function bad(name: string, wanted: string, got: unknown): ForYouError {
  return new ForYouError('bad_usage', `${name} must be ${wanted}, not ${JSON.stringify(got)}.`)
}
