import { isUtf8 } from 'node:buffer'
import { open, stat } from 'node:fs/promises'
import { ForYouError } from '../../shared/domain/errors.ts'
import { bomLength } from './textRecords.ts'

/** Text formats of tables; CSV stands for any separator. */
export type TextFormat = 'csv' | 'jsonl' | 'json'

/** Told by the magic number, not by the name. */
export async function isParquet(path: string): Promise<boolean> {
  const found = await stat(path).catch(() => undefined)
  if (!found?.isFile()) return false
  const file = await open(path)
  try {
    const { buffer, bytesRead } = await file.read({ buffer: Buffer.alloc(4), position: 0 })
    return bytesRead === 4 && buffer.toString('latin1') === 'PAR1'
  } finally {
    await file.close()
  }
}

/** @throws ForYouError `bad_data` where the file is not text at all */
export function assertText(path: string, bytes: Buffer): void {
  const newline = bytes.indexOf(0x0a)
  const head = bytes.subarray(0, newline < 0 ? bytes.length : newline)
  if (isUtf8(head) && !head.includes(0)) return
  throw new ForYouError('bad_data', `${path} is not a table: its first line is not UTF-8 text.`, {
    hint: 'CSV, TSV, JSON lines (each also gzip) and Parquet can be read. Save text as UTF-8.',
  })
}

/** A known ending decides, else the first character. */
export function textFormat(path: string, bytes: Buffer): TextFormat {
  const [, ending] = /\.(csv|tsv|jsonl|ndjson|json)(?:\.gz)?$/i.exec(path) ?? []
  const first = bytes.toString('utf8', bomLength(bytes), 4096).trimStart()[0]
  if (ending && /csv|tsv/i.test(ending)) return 'csv'
  if (first === '{') return 'jsonl'
  return first === '[' ? 'json' : 'csv'
}

/** The separator that the first line has most of. */
export function sniffDelimiter(bytes: Buffer): string {
  const newline = bytes.indexOf(0x0a)
  const head = bytes.toString('utf8', 0, newline < 0 ? Math.min(bytes.length, 65_536) : newline)
  const unquoted = head.replace(/"[^"]*"/g, '')
  const counts = [',', '\t', ';', '|'].map((d) => [d, unquoted.split(d).length] as const)
  return counts.reduce((best, next) => (next[1] > best[1] ? next : best))[0]
}
