/**
 * The part of valibot that the ranker's schemas use, in a quarter of its bytes. The build and the tests of the ranker put it
 * in valibot's place: the schemas are written once, against valibot and its types, and a test holds the two to the same
 * answers. A schema here is a function from a value to its output that throws an {@link Issue}; so is an action of a pipe.
 */
export interface Schema {
  (value: unknown): unknown
  entries?: Entries
  optional?: boolean
}
export type Entries = Readonly<Record<string, Schema>>
type Fields = Readonly<Record<string, unknown>>

/** The first thing that is wrong. */
export class Issue {
  readonly message: string
  path: string | null = null

  constructor(message: string) {
    this.message = message
  }
}

export function holds<V>(test: (value: V) => unknown, message = 'Invalid value'): Schema {
  return (value) => {
    if (!test(value as V)) throw new Issue(message)
    return value
  }
}

/** Runs a schema on a part of a value, whose place an issue is told with. */
function inside(key: string | number, schema: Schema, value: unknown): unknown {
  try {
    return schema(value)
  } catch (issue) {
    if (issue instanceof Issue) issue.path = issue.path === null ? `${key}` : `${key}.${issue.path}`
    throw issue
  }
}

const isObject = holds((value) => value && typeof value === 'object', 'Invalid object')
const isArray = holds(Array.isArray, 'Invalid array')
const missing = holds(() => false, 'Missing')
/** They would change more than a record. */
const UNSAFE_KEYS = ['__proto__', 'prototype', 'constructor']

export const string = () => holds((value) => typeof value === 'string', 'Invalid string')
export const number = () =>
  holds((value: number) => typeof value === 'number' && !Number.isNaN(value), 'Invalid number')
export const boolean = () => holds((value) => typeof value === 'boolean', 'Invalid boolean')
export const unknown = () => holds(() => true)
export const literal = (one: unknown) => holds((value) => value === one)
export const picklist = (known: readonly unknown[]) => holds((value) => known.includes(value))
export const custom = (test: (value: unknown) => boolean) => holds(test)

export const safeInteger = () => holds(Number.isSafeInteger, 'Invalid integer')
export const finite = () => holds(Number.isFinite, 'Invalid number')
export const minValue = (low: number) => holds((value: number) => value >= low)
export const maxValue = (high: number) => holds((value: number) => value <= high)
export const gtValue = (low: number) => holds((value: number) => value > low)
export const minLength = (least: number) => holds(({ length }: string) => length >= least, 'Invalid length')
export const maxLength = (most: number) => holds(({ length }: string) => length <= most, 'Invalid length')
export const regex = (pattern: RegExp, message?: string) =>
  holds((value: string) => pattern.test(value), message)
export const check = (test: (value: never) => boolean, message?: string) => holds(test, message)
export const transform = (change: (value: never) => unknown) => change as Schema

export const pipe =
  (...steps: readonly Schema[]): Schema =>
  (value) =>
    steps.reduce((output, step) => step(output), value)

export const nullable =
  (schema: Schema): Schema =>
  (value) =>
    value === null ? value : schema(value)

export function optional(schema: Schema): Schema {
  const result: Schema = (value) => (value === undefined ? value : schema(value))
  result.optional = true
  return result
}

export const array =
  (schema: Schema): Schema =>
  (value) =>
    // Not `map`, which would step over holes.
    Array.from(isArray(value) as unknown[], (one, i) => inside(i, schema, one))

export const tuple =
  (schemas: readonly Schema[]): Schema =>
  (value) =>
    schemas.map((schema, i) => inside(i, schema, (isArray(value) as unknown[])[i]))

export function object(entries: Entries): Schema {
  const result: Schema = (value) => {
    const fields = isObject(value) as Fields
    const present = Object.entries(entries).filter(([key, { optional }]) => !optional || key in fields)
    return Object.fromEntries(
      present.map(([key, schema]) => [key, inside(key, key in fields ? schema : missing, fields[key])]),
    )
  }
  result.entries = entries
  return result
}

export const record =
  (keys: Schema, values: Schema): Schema =>
  (value) =>
    Object.fromEntries(
      Object.entries(isObject(value) as Fields)
        .filter(([key]) => !UNSAFE_KEYS.includes(key))
        .map(([key, one]) => [inside(key, keys, key), inside(key, values, one)]),
    )

export function safeParse(schema: Schema, value: unknown) {
  try {
    return { success: true, output: schema(value) }
  } catch (issue) {
    if (!(issue instanceof Issue)) throw issue
    return { success: false, issues: [issue] }
  }
}

export const getDotPath = ({ path }: Issue) => path
