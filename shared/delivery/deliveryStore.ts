/** One change of the head as it is remembered: who did what, and what was live afterwards. */
export interface PastOperation {
  /** Idempotency id. */
  readonly op: string
  readonly seq: number
  /** The wish, so that one id cannot stand for two different operations: `promote <manifest>`, `kill on`, … */
  readonly did: string
  /** Name of the token that did it, `cron` for what the edge does by itself. */
  readonly who: string
  /** ms since 1970 UTC: when the head was issued, later than that of every head before. */
  readonly at: number
  /** The active manifest that the operation has left, `null` where nothing was live. */
  readonly manifest: string | null
  /** Why, in the words of the person; kept beside the newest operation and in its audit line. */
  readonly reason?: string
}

/** What is remembered beside the head, written in the same atomic put. */
export interface HeadMemory {
  /** Highest floor of any manifest that was ever live; a promote below it is refused (trust T6). */
  readonly floor: number
  /** The latest operations, newest first: a retry finds itself here even after others have written (trust F28). */
  readonly ops: readonly PastOperation[]
}

export const NO_MEMORY: HeadMemory = { floor: 0, ops: [] }

/** Operations that a head remembers. R2 keeps 2 KiB of metadata, one operation takes up to 400 bytes, the newest 500 more for its reason. */
export const REMEMBERED_OPS = 3

export interface StoredHead {
  readonly envelope: string
  /** Changes with every write; what compare-and-swap compares. */
  readonly etag: string
  readonly memory: HeadMemory
}

export interface StoredDocument {
  readonly envelope: string
  readonly etag: string
  /** ms since 1970 UTC */
  readonly uploaded: number
}

/** A line of the audit trail: one for every head that was ever written. */
export interface AuditLine extends PastOperation {
  /** The ops key that signed the head; `seq` counts within it. */
  readonly kid: string
  readonly canary?: string
  readonly overlay?: string
  /** The blob of the site's rules, where the head names one. */
  readonly rules?: string
}

/** A change of what is live that waits for a second person. */
export interface Proposal {
  readonly op: string
  readonly did: string
  readonly who: string
  readonly at: number
}

export interface StoredObject {
  /** Hash in hex, without prefix. */
  readonly name: string
  /** Bytes as stored. */
  readonly bytes: number
  /** ms since 1970 UTC */
  readonly uploaded: number
}

/**
 * What delivery needs of a place that keeps objects: R2 behind the Worker, a folder behind a static host. Blobs lie at
 * `b/<sha256>` with Brotli bodies beside them, signed documents (manifests, overlays) at `m/<sha256 of the payload>`, the one
 * mutable object at `h/head`, audit lines at `a/`, proposals at `p/`.
 */
export interface DeliveryStore {
  head(): Promise<StoredHead | null>
  /** @param replaces etag that was read, `null` where there was no head. @returns false where another was quicker */
  putHead(envelope: string, memory: HeadMemory, replaces: string | null): Promise<boolean>
  document(sha256: string): Promise<StoredDocument | null>
  /** @param replaces etag of the envelope to replace, `null` to create only. @returns false where another was quicker */
  putDocument(sha256: string, envelope: string, replaces: string | null): Promise<boolean>
  /** Those of the named blobs that are there (identity). */
  blobs(sha256s: readonly string[]): Promise<Map<string, StoredObject>>
  /** Keeps an identity blob that delivery itself has made; one that is there already is as good as new then. */
  storeBlob(sha256: string, bytes: Uint8Array<ArrayBuffer>, freshSince: number): Promise<void>
  /** Create-only. @param envelope of the head that the line is about. @returns false where it was there */
  putLine(line: AuditLine, envelope: string): Promise<boolean>
  /** The latest audit lines, newest first. */
  lines(limit: number): Promise<AuditLine[]>
  /** Create-only. @returns false where it was there */
  putProposal(proposal: Proposal): Promise<boolean>
  /** All that are kept, in no particular order. */
  proposals(): Promise<Proposal[]>
  list(kind: ObjectKind): AsyncIterable<StoredObject>
  /** With the Brotli bodies beside them. Names that are not there are fine. */
  remove(kind: ObjectKind, names: readonly string[]): Promise<void>
}

/** `p` names are the ids of operations. */
export type ObjectKind = 'b' | 'm' | 'p'
