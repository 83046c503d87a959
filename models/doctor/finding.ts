/** Parts of a deployment, in the order in which a person reads about them. */
export const PARTS = ['Head', 'Bundle', 'Serving', 'Loader', 'Administration', 'Page'] as const
export type Part = (typeof PARTS)[number]

/**
 * - `good`: as it should be
 * - `warning`: visitors are served, but something is weaker, slower or about to fail
 * - `bad`: visitors refuse it, or cannot get it
 * - `unknown`: could not be looked at, and why
 */
export type State = 'good' | 'warning' | 'bad' | 'unknown'

/** What one check has found. */
export interface Finding {
  readonly part: Part
  /** Short name of the check, unique within its part. */
  readonly check: string
  readonly state: State
  /** What was seen. */
  readonly text: string
  /** How to mend it: only of what is not good. */
  readonly mend?: string
}

/** Collects the findings of one part. */
export function findingsOf(part: Part) {
  const found: Finding[] = []
  const add = (state: State) => (check: string, text: string, mend?: string) => {
    found.push({ part, check, state, text, ...(mend !== undefined && { mend }) })
  }
  const [warning, bad] = [add('warning'), add('bad')]
  return {
    found,
    good: (check: string, text: string) => add('good')(check, text),
    warning: (check: string, text: string, mend: string) => warning(check, text, mend),
    bad: (check: string, text: string, mend: string) => bad(check, text, mend),
    unknown: (check: string, text: string) => add('unknown')(check, text),
    /** Good where it holds, else what it is. */
    expect(holds: boolean, check: string, text: string, otherwise: Otherwise) {
      if (holds) add('good')(check, text)
      else add(otherwise.state ?? 'bad')(check, otherwise.text, otherwise.mend)
    },
  }
}

interface Otherwise {
  readonly state?: 'warning' | 'bad'
  readonly text: string
  readonly mend: string
}
