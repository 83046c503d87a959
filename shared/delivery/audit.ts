import type { Head } from '../bundle/manifest.ts'
import type { AuditLine, DeliveryStore, PastOperation, StoredHead } from './deliveryStore.ts'

/** Lines that are read back at the most: hourly changes for two months. */
const MAX_LINES = 2000

export function lineOf(done: PastOperation, head: Head, kid: string): AuditLine {
  return {
    ...done,
    kid,
    ...(head.canary && { canary: head.canary.manifest }),
    ...(head.overlay && { overlay: head.overlay }),
    ...(head.rules && 'sha256' in head.rules && { rules: head.rules.sha256 }),
  }
}

/**
 * Writes the line of the stored head where it is missing: its writer may have died between head and line. Every line
 * before it is there, because nobody replaces a head whose line is not.
 * @returns true where there was a gap
 */
export async function fillAudit(
  store: DeliveryStore,
  { head, kid }: { readonly head: Head; readonly kid: string },
  { envelope, memory }: StoredHead,
): Promise<boolean> {
  const done = memory.ops.find(({ seq }) => seq === head.seq)
  // A head from before there were audit lines: what it says itself is all that is known.
  const known = done ?? {
    op: head.op,
    seq: head.seq,
    did: 'unknown',
    who: 'unknown',
    at: head.issued,
    manifest: head.active?.manifest ?? null,
  }
  return store.putLine(lineOf(known, head, kid), envelope)
}

/** A manifest that was or is live. */
export interface Version {
  readonly manifest: string
  /** ms since 1970 UTC, when it went live. */
  readonly since: number
  /** Who made it live. */
  readonly who: string
  readonly seq: number
}

/**
 * What a rollback can go back to, the live one last. Promotes add a version, a rollback takes away those that it went
 * back over: two rollbacks in a row go back two versions and not to and fro.
 * @param lines newest first
 */
export function versionsOf(lines: readonly AuditLine[]): Version[] {
  const versions: Version[] = []
  for (const { did, manifest, at, who, seq } of lines.toReversed()) {
    if (manifest === null || manifest === versions.at(-1)?.manifest) continue
    const version = { manifest, since: at, who, seq }
    const earlier = versions.findLastIndex((known) => known.manifest === manifest)
    if (did.startsWith('rollback') && earlier >= 0) versions.splice(earlier)
    versions.push(version)
  }
  return versions
}

export async function readVersions(store: DeliveryStore): Promise<Version[]> {
  return versionsOf(await store.lines(MAX_LINES))
}
