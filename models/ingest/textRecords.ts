import { isUtf8 } from 'node:buffer'
import { faulty, hidesRows, plainEnd, type Span, scanLine, scanRecord, splitRecord } from './csvRecord.ts'
import type { BadReason, RejectLog } from './rejectLog.ts'

const LF = 0x0a

/** Where the sound records of a text file lie. */
export interface TextRecords {
  /** The first record of a CSV file, unquoted; empty where it is broken, and for JSON lines. */
  readonly header: readonly string[]
  /** 1-based line of each sound record, header not counted. */
  readonly lines: Int32Array
  /** First byte of each sound record, and the one behind its last. */
  readonly starts: Uint32Array
  readonly ends: Uint32Array
  /** Records met, rejected ones included, header not counted. */
  readonly rows: number
  /** True where records lie in the file as they are read: no blank lines, no line ends of Windows, nothing rejected. */
  readonly clean: boolean
}

/**
 * Finds the records of a CSV file (RFC 4180) before anything is read: readers count records, a person needs lines; and one
 * stray quote would hide everything up to the next one. After a fault reading goes on at the next line.
 * @param careful look at every record in full; without it the plain ones, which are nearly all, are told in one tight loop
 */
export function csvRecords(
  bytes: Buffer,
  separator: string,
  rejects: RejectLog,
  careful = false,
): TextRecords {
  const delimiter = separator.charCodeAt(0)
  const start = bomLength(bytes)
  const first = scanRecord(bytes, start, delimiter)
  const header = first.fault ? [] : splitRecord(bytes.toString('utf8', start, first.end), separator)
  const columns = header.length
  const allUtf8 = isUtf8(bytes)
  const scan = (at: number) => {
    const span = scanRecord(bytes, at, delimiter)
    // Two stray quotes far apart look like one long field; the rows between them must not be lost with it.
    const suspect =
      span.breaks > 0 && (span.fields !== columns || hidesRows(bytes, at, span.end, delimiter, columns))
    return suspect ? faulty(bytes, at, 'broken quotes') : span
  }
  const walk = walkRecords(bytes, allUtf8, first.next, 2 + first.breaks, rejects, {
    plainEnd: (at) => (careful ? -1 : plainEnd(bytes, at, delimiter, columns, allUtf8)),
    scan,
    check: (span) => (span.fields === columns ? undefined : 'wrong number of columns'),
  })
  return { ...walk, header }
}

/** The same for JSON lines: one record a line. What is inside is the database's business. */
export function jsonRecords(bytes: Buffer, rejects: RejectLog): TextRecords {
  const start = bomLength(bytes)
  const walk = walkRecords(bytes, isUtf8(bytes), start, 1, rejects, {
    plainEnd: () => -1,
    scan: (at) => scanLine(bytes, at),
    check: () => undefined,
  })
  return { ...walk, clean: walk.clean && start === 0, header: [] }
}

interface Walker {
  /** Behind a record that is sound as it stands, or -1 where it must be looked at in full. */
  plainEnd(at: number): number
  scan(at: number): Span
  check(span: Span): BadReason | undefined
}

function walkRecords(
  bytes: Buffer,
  allUtf8: boolean,
  from: number,
  firstLine: number,
  rejects: RejectLog,
  { plainEnd, scan, check }: Walker,
) {
  const noNul = !bytes.includes(0)
  const found = new SpanList(bytes.length >> 4)
  let rows = 0
  let clean = true
  let line = firstLine
  for (let at = from; at < bytes.length; ) {
    const end = plainEnd(at)
    if (end >= 0) {
      rows++
      found.push(line++, at, end)
      at = end + 1
      continue
    }
    const span = scan(at)
    if (isBlank(bytes, at, span.end)) {
      clean = false
    } else {
      rows++
      const fault =
        span.fault ??
        (noNul || bytes.subarray(at, span.end).indexOf(0) < 0 ? undefined : 'NUL character') ??
        (allUtf8 || isUtf8(bytes.subarray(at, span.end)) ? undefined : 'not UTF-8') ??
        check(span)
      if (fault) rejects.reject(fault, line, excerpt(bytes, at, span.end))
      else found.push(line, at, span.end)
      if (fault || span.next - span.end > 1) clean = false
    }
    line += span.breaks + 1
    at = span.next
  }
  return { ...found.columns(), rows, clean }
}

/** Line, start and end of records, growing. */
class SpanList {
  #lines: Int32Array
  #starts: Uint32Array
  #ends: Uint32Array
  #length = 0

  constructor(expected: number) {
    const capacity = Math.max(16, expected)
    this.#lines = new Int32Array(capacity)
    this.#starts = new Uint32Array(capacity)
    this.#ends = new Uint32Array(capacity)
  }

  push(line: number, start: number, end: number): void {
    if (this.#length === this.#lines.length) this.#grow()
    const n = this.#length++
    this.#lines[n] = line
    this.#starts[n] = start
    this.#ends[n] = end
  }

  columns(): { lines: Int32Array; starts: Uint32Array; ends: Uint32Array } {
    const to = this.#length
    return {
      lines: this.#lines.subarray(0, to),
      starts: this.#starts.subarray(0, to),
      ends: this.#ends.subarray(0, to),
    }
  }

  #grow(): void {
    const { lines, starts, ends } = this.columns()
    this.#lines = new Int32Array(2 * this.#length)
    this.#lines.set(lines)
    this.#starts = new Uint32Array(2 * this.#length)
    this.#starts.set(starts)
    this.#ends = new Uint32Array(2 * this.#length)
    this.#ends.set(ends)
  }
}

/** The start of a record's text, for messages. */
export function excerpt(bytes: Buffer, at: number, end: number): string {
  return bytes.toString('utf8', at, Math.min(end, at + 200))
}

function isBlank(bytes: Buffer, at: number, end: number): boolean {
  for (let pos = at; pos < end; pos++) if (bytes[pos] !== 0x20 && bytes[pos] !== 0x09) return false
  return true
}

export function bomLength(bytes: Buffer): number {
  return bytes[0] === 0xef && bytes[1] === 0xbb && bytes[2] === 0xbf ? 3 : 0
}

/** The sound records alone, one a line. */
export function soundText(bytes: Buffer, { starts, ends }: TextRecords): Buffer {
  const newline = Buffer.of(LF)
  const parts: Buffer[] = []
  for (let i = 0; i < starts.length; i++) parts.push(bytes.subarray(starts[i], ends[i]), newline)
  return Buffer.concat(parts)
}
