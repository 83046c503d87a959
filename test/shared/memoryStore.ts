import type {
  AuditLine,
  DeliveryStore,
  HeadMemory,
  ObjectKind,
  Proposal,
  StoredObject,
} from '../../shared/delivery/deliveryStore.ts'

interface Document {
  readonly envelope: string
  readonly etag: string
  readonly uploaded: number
}

/** A store like R2, in memory: etags are content hashes (equal content, equal etag), puts are atomic. */
export class MemoryStore implements DeliveryStore {
  readonly documents = new Map<string, Document>()
  readonly objects = new Map<string, StoredObject>()
  /** Of those that delivery itself has made. */
  readonly contents = new Map<string, Uint8Array<ArrayBuffer>>()
  readonly auditLines = new Map<string, { readonly line: AuditLine; readonly envelope: string }>()
  readonly kept = new Map<string, { readonly proposal: Proposal; readonly uploaded: number }>()
  /** Every head that was ever stored, in order. */
  readonly heads: { readonly envelope: string; readonly memory: HeadMemory }[] = []
  /** ms since 1970 UTC, for what is stored now. */
  now = Date.UTC(2026, 0, 1)

  async head() {
    const last = this.heads.at(-1)
    return last ? { ...last, etag: last.envelope } : null
  }

  async putHead(envelope: string, memory: HeadMemory, replaces: string | null) {
    if ((this.heads.at(-1)?.envelope ?? null) !== replaces) return false
    // As R2 would refuse it.
    if (JSON.stringify(memory).length > 2048) throw new Error('metadata too long')
    this.heads.push({ envelope, memory: structuredClone(memory) })
    return true
  }

  async document(name: string) {
    return this.documents.get(name) ?? null
  }

  async putDocument(name: string, envelope: string, replaces: string | null) {
    if ((this.documents.get(name)?.etag ?? null) !== replaces) return false
    this.documents.set(name, { envelope, etag: envelope, uploaded: this.now })
    return true
  }

  async blobs(names: readonly string[]) {
    return new Map(
      names.flatMap((name) => {
        const object = this.objects.get(name)
        return object ? [[name, object] as const] : []
      }),
    )
  }

  async storeBlob(name: string, bytes: Uint8Array<ArrayBuffer>) {
    this.contents.set(name, bytes)
    this.objects.set(name, { name, bytes: bytes.length, uploaded: this.now })
  }

  async putLine(line: AuditLine, envelope: string) {
    const key = `${line.kid}/${line.seq}`
    if (this.auditLines.has(key)) return false
    this.auditLines.set(key, { line: structuredClone(line), envelope })
    return true
  }

  async lines(limit: number) {
    const lines = [...this.auditLines.values()].map(({ line }) => line)
    return lines.sort((a, b) => b.at - a.at || b.seq - a.seq).slice(0, limit)
  }

  async putProposal(proposal: Proposal) {
    if (this.kept.has(proposal.op)) return false
    this.kept.set(proposal.op, { proposal, uploaded: this.now })
    return true
  }

  async proposals() {
    return [...this.kept.values()].map(({ proposal }) => proposal)
  }

  async *list(kind: ObjectKind) {
    if (kind === 'b') yield* [...this.objects.values()]
    else if (kind === 'm') {
      for (const [name, { envelope, uploaded }] of [...this.documents])
        yield { name, bytes: envelope.length, uploaded }
    } else for (const [name, { uploaded }] of [...this.kept]) yield { name, bytes: 0, uploaded }
  }

  async remove(kind: ObjectKind, names: readonly string[]) {
    const map = { b: this.objects, m: this.documents, p: this.kept }[kind]
    for (const name of names) map.delete(name)
  }
}
