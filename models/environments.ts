import * as v from 'valibot'

/** What names a site: part of every head and manifest, and of what devices keep. */
export const SiteName = v.pipe(
  v.string(),
  v.regex(/^[a-z0-9][a-z0-9.-]{0,62}$/, 'lower-case letters, digits, dots, hyphens'),
)
const Text = v.pipe(v.string(), v.minLength(1))
const EnvironmentName = v.pipe(
  v.string(),
  v.regex(/^[a-z0-9][a-z0-9-]{0,31}$/, 'lower-case letters, digits, hyphens'),
)

const EnvironmentSchema = v.pipe(
  v.strictObject({
    /** Address of the edge. */
    edge: v.optional(Text),
    /** Or the folder that a static host serves, relative to the configuration. */
    to: v.optional(Text),
    site: v.optional(SiteName),
    /** Folder below which its keys lie, relative to the configuration; one of its own by default. */
    keys: v.optional(Text),
  }),
  v.check(({ edge, to }) => (edge === undefined) !== (to === undefined), 'give either "edge" or "to"'),
)

/** `environments` of foryou.config.json: places where a site is live, by name. */
export const EnvironmentsSchema = v.record(EnvironmentName, EnvironmentSchema)
export type Environment = v.InferOutput<typeof EnvironmentSchema>
