import { readdirSync, rmSync, statSync } from 'node:fs'
import { join, resolve } from 'node:path'
import type {
  AuditLine,
  DeliveryStore,
  ObjectKind,
  Proposal,
  StoredObject,
} from '../../shared/delivery/deliveryStore.ts'
import { API, routes, SHA256_PATTERN } from '../../shared/domain/routes.ts'
import { createFile, replaceFile, UNFINISHED } from './atomicFile.ts'
import { brotli } from './brotli.ts'
import { bytesOf, textOf } from './bytesOf.ts'
import { hashOf } from './hashOf.ts'
import { headChain } from './headChain.ts'

/** A folder as delivery sees it (`DeliveryStore`), and what the publisher puts there itself. */
export interface DirectoryStore extends DeliveryStore {
  blob(sha256: string): Buffer<ArrayBuffer> | null
  /**
   * Create-only, unless the bytes that are there do not have the hash.
   * @param freshSince ms since 1970 UTC: a file from before gets today's date, so that it is not collected
   * @returns false where it was there
   */
  putBlob(sha256: string, coding: 'identity' | 'br', bytes: Uint8Array, freshSince: number): boolean
  /** Writes down, once, whose folder this is. @returns whose it is already */
  claim(owner: string): string
  /** Puts a file that the head names where visitors without scripts find it; `null` takes it away. */
  show(path: string, bytes: Uint8Array | null): void
  /** Removes what a run that was killed has left behind. @param before ms since 1970 UTC */
  sweep(before: number): void
}

/** What visitors never see lies beside the folder, not in it: who changed what, when and why. */
export function stateOf(dir: string): string {
  return `${resolve(dir)}.state`
}

const LAST_MOMENT = 9_999_999_999_999

/**
 * A folder of plain files that any static host can serve: `v1/head`, `v1/m/<sha256>`, `v1/b/<sha256>`, Brotli bodies
 * beside them. Files appear whole or not at all, whenever the process dies.
 */
export function openDirectoryStore(dir: string): DirectoryStore {
  const root = resolve(dir)
  const state = stateOf(dir)
  const chain = headChain(join(root, routes.head), state)
  const pathOf = (kind: ObjectKind, name: string) =>
    kind === 'p' ? join(state, 'proposals', proposalFile(name)) : join(root, API, kind, name)
  const folderOf = (kind: ObjectKind) => join(pathOf(kind, 'x'), '..')
  const lines = join(state, 'audit')

  return {
    head: async () => chain.read(),
    putHead: async (envelope, memory, replaces) => chain.replace(envelope, memory, replaces),
    async document(name) {
      const path = pathOf('m', name)
      const envelope = textOf(path)
      return envelope === null ? null : { envelope, etag: hashOf(envelope), uploaded: storedAt(path) }
    },
    async putDocument(name, envelope, replaces) {
      const path = pathOf('m', name)
      const there = textOf(path)
      if ((there === null ? null : hashOf(there)) !== replaces) return false
      // Two who replace the same envelope at once write the same payload: its hash is the name.
      const body = await brotli(Buffer.from(envelope))
      const written = replaces === null ? createFile(path, envelope) : replaced(path, envelope)
      if (written) replaceFile(`${path}.br`, body)
      return written
    },
    async blobs(names) {
      const found = new Map<string, StoredObject>()
      for (const name of names) {
        const stat = statSync(pathOf('b', name), { throwIfNoEntry: false })
        if (stat) found.set(name, { name, bytes: stat.size, uploaded: stat.mtimeMs })
      }
      return found
    },
    blob: (name) => bytesOf(pathOf('b', name)),
    putBlob(name, coding, bytes, freshSince) {
      const path = coding === 'br' ? `${pathOf('b', name)}.br` : pathOf('b', name)
      if (createFile(path, bytes)) return true
      const there = bytesOf(path)
      if (there && hashOf(there) === hashOf(bytes)) {
        if (storedAt(path) < freshSince) replaceFile(path, bytes)
        return false
      }
      return replaced(path, bytes)
    },
    async storeBlob(name, bytes, freshSince) {
      this.putBlob(name, 'br', await brotli(bytes), freshSince)
      this.putBlob(name, 'identity', bytes, freshSince)
    },
    async putLine(line, envelope) {
      return createFile(join(lines, lineFile(line)), JSON.stringify({ line, envelope }))
    },
    async lines(limit) {
      const files = filesOf(lines).sort().slice(0, limit)
      return files.flatMap((file) => recorded<{ line: AuditLine }>(join(lines, file))?.line ?? [])
    },
    putProposal: async (proposal) => createFile(pathOf('p', proposal.op), JSON.stringify(proposal)),
    async proposals() {
      return filesOf(folderOf('p')).flatMap((file) => recorded<Proposal>(join(folderOf('p'), file)) ?? [])
    },
    async *list(kind) {
      for (const file of filesOf(folderOf(kind))) {
        if (kind !== 'p' && !SHA256_PATTERN.test(file)) continue
        const stat = statSync(join(folderOf(kind), file), { throwIfNoEntry: false })
        const name = kind === 'p' ? decodeURIComponent(file) : file
        if (stat) yield { name, bytes: stat.size, uploaded: stat.mtimeMs }
      }
    },
    async remove(kind, names) {
      for (const path of names.map((name) => pathOf(kind, name))) {
        rmSync(path, { force: true })
        rmSync(`${path}.br`, { force: true })
      }
    },
    claim(owner) {
      createFile(join(state, 'owner'), owner)
      return textOf(join(state, 'owner')) ?? owner
    },
    show(path, bytes) {
      const target = join(root, path)
      if (bytes === null) rmSync(target, { force: true })
      else if (!bytesOf(target)?.equals(bytes)) replaceFile(target, bytes)
    },
    sweep(before) {
      const folders = [
        join(root, API),
        folderOf('b'),
        folderOf('m'),
        folderOf('p'),
        lines,
        join(state, 'heads'),
      ]
      for (const path of folders.flatMap((folder) =>
        filesOf(folder, true).map((file) => join(folder, file)),
      )) {
        if (storedAt(path) < before) rmSync(path, { force: true })
      }
    },
  }
}

/** Newest first in the order of names. */
const lineFile = ({ at, kid, seq }: AuditLine) =>
  `${String(LAST_MOMENT - at).padStart(13, '0')}-${encodeURIComponent(kid)}-${seq}`
/** Operation ids may hold a colon, which some file systems refuse. */
const proposalFile = (op: string) => encodeURIComponent(op)

function replaced(path: string, bytes: Uint8Array | string): true {
  replaceFile(path, bytes)
  return true
}

/** ms since 1970 UTC */
function storedAt(path: string): number {
  return statSync(path, { throwIfNoEntry: false })?.mtimeMs ?? 0
}

/** Names in a folder: of whole files, or of those that were never finished. */
function filesOf(folder: string, unfinished = false): string[] {
  try {
    return readdirSync(folder).filter((name) => name.startsWith(UNFINISHED) === unfinished)
  } catch {
    return [] // no such folder yet
  }
}

/** Written by this file alone, whole. */
function recorded<T>(path: string): T | null {
  const text = textOf(path)
  return text === null ? null : (JSON.parse(text) as T)
}
