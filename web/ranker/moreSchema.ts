import { type Entries, holds, Issue, object, type Schema } from './smallSchema.ts'

/** What only the rules of a site need of valibot: it travels with the part that reads them. */
export const nonEmpty = (message?: string) => holds(({ length }: string) => length > 0, message)
export const integer = () => holds(Number.isInteger)
export const normalize =
  (form: string): Schema =>
  (value) =>
    (value as string).normalize(form)
const entriesOf = (value: object) => Object.keys(value).length
export const minEntries = (least: number) => holds((value: object) => entriesOf(value) >= least)
export const maxEntries = (most: number) => holds((value: object) => entriesOf(value) <= most)

export function strictObject(entries: Entries): Schema {
  const known = object(entries)
  const result: Schema = (value) => {
    const output = known(value)
    for (const key in value as object) if (!Object.hasOwn(entries, key)) throw new Issue(`Unknown key ${key}`)
    return output
  }
  result.entries = entries
  return result
}

export const variant =
  (key: string, schemas: readonly Schema[]): Schema =>
  (value) => {
    const own = (value as Record<string, unknown> | null)?.[key]
    const schema = schemas.find(({ entries }) => {
      try {
        entries![key]!(own)
        return true
      } catch {
        return false
      }
    })
    if (!schema) throw new Issue(`Unknown ${key}`)
    return schema(value)
  }

export const union =
  (schemas: readonly Schema[], message?: string): Schema =>
  (value) => {
    for (const schema of schemas) {
      try {
        return schema(value)
      } catch (issue) {
        if (!(issue instanceof Issue)) throw issue
      }
    }
    throw new Issue(message ?? 'Invalid value')
  }
