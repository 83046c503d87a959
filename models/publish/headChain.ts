import { mkdirSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import type { HeadMemory, StoredHead } from '../../shared/delivery/deliveryStore.ts'
import { NO_MEMORY } from '../../shared/delivery/deliveryStore.ts'
import { createFile, createLink, replaceFile } from './atomicFile.ts'
import { textOf } from './bytesOf.ts'
import { hashOf } from './hashOf.ts'

/** What precedes the first head. */
const NOTHING = 'nothing'

/**
 * The head of a folder, changed by compare-and-swap without a lock that a killed process could leave behind.
 *
 * Every head is a file named by its hash, with what is remembered beside it; `next/<hash>` is a second name of the head
 * that replaced it. Creating that name is the decision: the file system lets one writer do it. Only then is the public
 * head replaced, by a rename, and whoever comes next finishes that for a writer who died in between. The public head is
 * always one of the chain; what counts is the end of it.
 * @param publicPath what visitors get
 * @param dir where the chain is kept
 */
export function headChain(publicPath: string, dir: string) {
  const known = (etag: string) => join(dir, 'heads', etag)
  const next = (etag: string) => join(dir, 'next', etag)

  function end(): StoredHead | null {
    let text = textOf(publicPath)
    let memory = NO_MEMORY
    for (;;) {
      const etag = text === null ? NOTHING : hashOf(text)
      const later = textOf(next(etag))
      if (later === null) {
        if (text === null) return null
        const own = textOf(known(etag))
        return { envelope: text, etag, memory: own === null ? memory : recordOf(own).memory }
      }
      ;({ envelope: text, memory } = recordOf(later))
    }
  }

  /** Shows visitors the end of the chain. A slower writer may have shown an earlier head meanwhile, hence the loop. */
  function show(): StoredHead | null {
    for (;;) {
      const last = end()
      if (last === null || textOf(publicPath) === last.envelope) return last
      replaceFile(publicPath, last.envelope)
    }
  }

  return {
    read: show,
    /** @returns false where the head that is to be replaced is not the latest one any more */
    replace(envelope: string, memory: HeadMemory, replaces: string | null): boolean {
      if ((show()?.etag ?? null) !== replaces) return false
      const etag = hashOf(envelope)
      const record = known(etag)
      mkdirSync(join(dir, 'next'), { recursive: true })
      if (!createFile(record, JSON.stringify({ envelope, memory }))) return false
      const won = createLink(record, next(replaces ?? NOTHING))
      if (!won) rmSync(record)
      show()
      return won
    },
  }
}

interface Recorded {
  readonly envelope: string
  readonly memory: HeadMemory
}

/** Written by this file alone; visitors verify what they get. */
const recordOf = (text: string) => JSON.parse(text) as Recorded
