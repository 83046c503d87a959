/** A line that keeps a promise: what it is for, how to take it away, and which tests must then fail. */
export interface Defence {
  readonly id: string
  /** Number in the threat model (T), the failure table (F) or the promises (P) of the design. */
  readonly threat: string
  readonly file: string
  /** Text that occurs in the file exactly once. */
  readonly find: string
  /** What stands there without the defence. Need not type-check. */
  readonly replace: string
  readonly tests: readonly string[]
  /** Only the tests whose name matches, where the others take long. */
  readonly name?: string
}

type Removal = readonly [
  id: string,
  threat: string,
  find: string,
  replace: string,
  other?: Partial<Pick<Defence, 'tests' | 'name'>>,
]

/** Defences of one file, whose tests are the given ones unless a row names others. */
export function defencesOf(file: string, tests: readonly string[], removals: readonly Removal[]): Defence[] {
  return removals.map(([id, threat, find, replace, other]) => ({
    id,
    threat,
    file,
    find,
    replace,
    tests,
    ...other,
  }))
}
