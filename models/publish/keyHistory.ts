import { existsSync } from 'node:fs'
import { join } from 'node:path'
import * as v from 'valibot'
import { DAY_MS } from '../../shared/domain/clock.ts'
import { KEY_FILES, readKeyFile, writeKeyFile } from './keyFiles.ts'

const Kids = v.array(v.string())
const EventSchema = v.variant('did', [
  /** A loader that pins these keys went out to visitors. */
  v.object({ did: v.literal('shipped'), at: v.number(), release: Kids, ops: Kids }),
  /** A key signs no more; its pin goes as soon as nothing that is live needs it. */
  v.object({ did: v.literal('retired'), at: v.number(), kid: v.string(), reason: v.optional(v.string()) }),
])
export type KeyEvent = v.InferOutput<typeof EventSchema>

/** A loader goes on in open pages, caches and service workers for so long after the next one has come. */
export const LOADER_DAYS = 7

/** A loader that visitors may still have. */
export interface Loader {
  /** When it went out, ms since 1970 UTC. */
  readonly at: number
  /** When the last visitor has a later one, `null` for the latest. */
  readonly until: number | null
  /** Ids of the keys that it pins. */
  readonly release: readonly string[]
  readonly ops: readonly string[]
}

/** What was shipped and retired, the oldest first. @throws ForYouError `bad_config` where the file is damaged */
export function readHistory(dir: string): KeyEvent[] {
  if (!existsSync(join(dir, KEY_FILES.history))) return []
  return readKeyFile(dir, KEY_FILES.history, v.array(EventSchema))
}

export function addEvent(dir: string, event: KeyEvent): void {
  writeKeyFile(dir, KEY_FILES.history, [...readHistory(dir), event])
}

/** Records that a loader with these pins is out; one that pins the same as the latest adds nothing. */
export function recordShipped(
  dir: string,
  pins: { readonly release: readonly { kid: string }[]; readonly ops: readonly { kid: string }[] },
  at: number,
): void {
  const shipped = { release: pins.release.map(({ kid }) => kid), ops: pins.ops.map(({ kid }) => kid) }
  const latest = readHistory(dir).findLast((event) => event.did === 'shipped')
  if (latest && same(latest.release, shipped.release) && same(latest.ops, shipped.ops)) return
  addEvent(dir, { did: 'shipped', at, ...shipped })
}

/**
 * The loaders that visitors may have now, the oldest first.
 * @param now ms since 1970 UTC
 * @param days how long a loader lives on after the next one
 */
export function loadersOut(events: readonly KeyEvent[], now: number, days: number): Loader[] {
  const shipped = events.filter((event) => event.did === 'shipped')
  return shipped
    .map(({ at, release, ops }, i) => {
      const next = shipped[i + 1]
      return { at, until: next ? next.at + days * DAY_MS : null, release, ops }
    })
    .filter(({ until }) => until === null || now < until)
}

export function retiredKeys(events: readonly KeyEvent[]): ReadonlySet<string> {
  return new Set(events.flatMap((event) => (event.did === 'retired' ? [event.kid] : [])))
}

const same = (a: readonly string[], b: readonly string[]) =>
  a.length === b.length && a.every((kid) => b.includes(kid))
