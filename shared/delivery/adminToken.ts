import * as v from 'valibot'
import { Sha256 } from '../bundle/fields.ts'
import { SCOPES } from './operation.ts'

/** Whose a token is; `+` stays free to join two of them in the audit trail. */
export const TokenName = v.pipe(
  v.string(),
  v.regex(/^[\w.@-]{1,40}$/, 'must be 1 to 40 letters, digits or . @ _ -'),
)

/** What an edge knows of an admin token: never the token itself. */
export const AdminTokenSchema = v.object({
  /** For the audit trail and for approvals; without it a token goes by its scope. */
  name: v.optional(TokenName),
  scope: v.picklist(SCOPES),
  sha256: Sha256,
  /** ms since 1970 UTC; good for ever where it is absent. */
  until: v.optional(v.pipe(v.number(), v.safeInteger())),
})
export type AdminToken = v.InferOutput<typeof AdminTokenSchema>
