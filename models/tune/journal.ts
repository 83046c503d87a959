import { appendFileSync, existsSync, mkdirSync, readFileSync, truncateSync } from 'node:fs'
import { dirname } from 'node:path'
import type { Settings } from '../settings.ts'
import type { Measurement } from './measureSettings.ts'

/** One measured trial at one share, or why it failed. */
export interface Entry {
  readonly trial: number
  readonly share: number
  readonly settings: Settings
  readonly result: Measurement | { readonly failed: string }
}

/** What is measured already, on disk: a line for each, written the moment it is known. */
export interface Journal {
  /** Lines found at the start. */
  readonly resumed: number
  find(trial: number, share: number): Entry | undefined
  add(entry: Entry): void
}

/**
 * Opens a search's journal, or begins it. A last line that was cut off is dropped, as is anything written for another search
 * (`key` names data, code, space and budget of trials).
 */
export function openJournal(path: string, key: string): Journal {
  const entries = new Map<string, Entry>()
  const nameOf = ({ trial, share }: Pick<Entry, 'trial' | 'share'>) => `${trial}@${share}`
  const { kept, bytes } = readEntries(path, key)
  for (const entry of kept) entries.set(nameOf(entry), entry)
  if (kept.length > 0) truncateSync(path, bytes)
  else {
    mkdirSync(dirname(path), { recursive: true })
    if (existsSync(path)) truncateSync(path, 0)
    appendFileSync(path, `${JSON.stringify({ key })}\n`)
  }
  return {
    resumed: kept.length,
    find: (trial, share) => entries.get(nameOf({ trial, share })),
    add(entry) {
      appendFileSync(path, `${JSON.stringify(entry)}\n`)
      entries.set(nameOf(entry), entry)
    },
  }
}

function readEntries(path: string, key: string): { kept: Entry[]; bytes: number } {
  const kept: Entry[] = []
  if (!existsSync(path)) return { kept, bytes: 0 }
  const text = readFileSync(path, 'utf8')
  const lines = text
    .slice(0, text.lastIndexOf('\n') + 1)
    .split('\n')
    .slice(0, -1)
  let bytes = 0
  for (const [i, line] of lines.entries()) {
    try {
      const parsed = JSON.parse(line) as Entry & { key?: string }
      if (i === 0 && parsed.key !== key) return { kept, bytes: 0 }
      if (i > 0) kept.push(parsed)
    } catch {
      break
    }
    bytes += Buffer.byteLength(line) + 1
  }
  return { kept, bytes }
}
