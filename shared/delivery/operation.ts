import type * as v from 'valibot'
import type { ProblemCode } from './problem.ts'

export const SCOPES = ['publish', 'promote', 'rules', 'read'] as const
export type Scope = (typeof SCOPES)[number]

export const JSON_BODY = 'application/json'
/** What a body can be wrong about. */
export const BODY_PROBLEMS = ['parse_error', 'not_supported', 'too_large'] as const

/** A body by its media type, with the schema of what it holds where that is JSON. */
export type Bodies = Readonly<Record<string, v.GenericSchema | null>>

/** One thing that can be asked of an edge. */
export interface Operation {
  readonly method: 'GET' | 'PUT' | 'POST'
  /** With `{name}` for what varies. */
  readonly path: string
  readonly summary: string
  /** A token of any one of them may ask; absent where anybody may. */
  readonly scopes?: readonly Scope[]
  /** What varies in the path, and what follows the question mark. */
  readonly params?: Readonly<Record<string, v.GenericSchema>>
  readonly query?: Readonly<Record<string, v.GenericSchema>>
  readonly request?: Bodies
  /** By status. */
  readonly answers: Readonly<Record<number, Bodies>>
  /** Beside those that every admin operation has (ADMIN_PROBLEMS). */
  readonly problems: readonly ProblemCode[]
}

/** What can go wrong with any admin request. */
export const ADMIN_PROBLEMS: readonly ProblemCode[] = [
  'unauthorised',
  'forbidden',
  'rate_limited',
  'unavailable',
  'internal',
]
