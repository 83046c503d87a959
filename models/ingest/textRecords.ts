import { isUtf8 } from 'node:buffer'
import type { BadReason, RejectLog } from './rejectLog.ts'

/** Longest record that is read; a field of a million characters still fits. */
export const MAX_RECORD_BYTES = 2_000_000
/** A quoted field with more line breaks than this is a stray quote, not a field. */
const MAX_QUOTED_LINES = 1000
const QUOTE = 0x22
const LF = 0x0a
const CR = 0x0d

/** Where the sound records of a text file lie. */
export interface TextRecords {
  /** The first record of a CSV file, unquoted; empty where it is broken, and for JSON lines. */
  readonly header: readonly string[]
  /** 1-based line of each sound record, header not counted. */
  readonly lines: Int32Array
  /** Records met, rejected ones included, header not counted. */
  readonly rows: number
  /** What to read instead of the file, where something had to be left out or mended. */
  readonly cleaned: Buffer | undefined
  /** The start of a sound record's text. */
  text(record: number): string
}

interface Span {
  /** Behind the record's last byte. */
  end: number
  /** Start of the next record. */
  next: number
  fields: number
  /** Line breaks inside the record. */
  breaks: number
  fault: BadReason | undefined
}

/**
 * Finds the records of a CSV file (RFC 4180) before the database reads it: the database counts records, a person needs
 * lines; and one stray quote would hide everything up to the next one. After a fault reading goes on at the next line.
 */
export function csvRecords(bytes: Buffer, separator: string, rejects: RejectLog): TextRecords {
  const delimiter = separator.charCodeAt(0)
  const start = bomLength(bytes)
  const first = scanRecord(bytes, start, delimiter)
  const header = first.fault ? [] : splitRecord(bytes.toString('utf8', start, first.end), separator)
  const walk = walkRecords(
    bytes,
    first.next,
    2 + first.breaks,
    (at) => {
      const span = scanRecord(bytes, at, delimiter)
      // Two stray quotes far apart look like one long field; the rows between them must not be lost with it.
      const suspect =
        span.breaks > 0 &&
        (span.fields !== header.length || hidesRows(bytes, at, span.end, delimiter, header.length))
      return suspect ? faulty(bytes, at, 'broken quotes') : span
    },
    (span) => (span.fields === header.length ? undefined : 'wrong number of columns'),
    rejects,
  )
  if (!walk.dirty && start === 0 && first.next - first.end <= 1)
    return { ...walk, header, cleaned: undefined }
  const headerBytes = bytes.subarray(start, first.end)
  return { ...walk, header, cleaned: joined(bytes, headerBytes, walk.spans) }
}

/** The same for JSON lines: one record a line. What is inside is the database's business. */
export function jsonRecords(bytes: Buffer, rejects: RejectLog): TextRecords {
  const start = bomLength(bytes)
  const walk = walkRecords(
    bytes,
    start,
    1,
    (at) => scanLine(bytes, at),
    () => undefined,
    rejects,
  )
  const cleaned = walk.dirty || start > 0 ? joined(bytes, undefined, walk.spans) : undefined
  return { ...walk, header: [], cleaned }
}

function walkRecords(
  bytes: Buffer,
  from: number,
  firstLine: number,
  scan: (at: number) => Span,
  check: (span: Span) => BadReason | undefined,
  rejects: RejectLog,
) {
  const allUtf8 = isUtf8(bytes)
  const noNul = !bytes.includes(0)
  const lines: number[] = []
  const spans: number[] = []
  let rows = 0
  let dirty = false
  let line = firstLine
  for (let at = from; at < bytes.length; ) {
    const span = scan(at)
    if (isBlank(bytes, at, span.end)) {
      dirty = true
    } else {
      rows++
      const fault =
        span.fault ??
        (noNul || bytes.subarray(at, span.end).indexOf(0) < 0 ? undefined : 'NUL character') ??
        (allUtf8 || isUtf8(bytes.subarray(at, span.end)) ? undefined : 'not UTF-8') ??
        check(span)
      if (fault) {
        dirty = true
        rejects.reject(fault, line, excerpt(bytes, at, span.end))
      } else {
        lines.push(line)
        spans.push(at, span.end)
        if (span.next - span.end > 1) dirty = true
      }
    }
    line += span.breaks + 1
    at = span.next
  }
  const text = (record: number) => excerpt(bytes, spans[2 * record]!, spans[2 * record + 1]!)
  return { lines: Int32Array.from(lines), rows, spans, dirty, text }
}

function excerpt(bytes: Buffer, at: number, end: number): string {
  return bytes.toString('utf8', at, Math.min(end, at + 200))
}

/** One CSV record from `at`. A faulty one ends with its first line. */
function scanRecord(bytes: Buffer, at: number, delimiter: number): Span {
  let fields = 1
  let breaks = 0
  let pos = at
  for (;;) {
    if (bytes[pos] === QUOTE) {
      const close = closingQuote(bytes, pos + 1, at)
      if (close === undefined) return faulty(bytes, at, 'broken quotes')
      breaks += close.breaks
      pos = close.at + 1
      const after = bytes[pos]
      const ended =
        after === undefined || after === delimiter || after === LF || (after === CR && lineEnd(bytes, pos))
      if (!ended) return faulty(bytes, at, 'broken quotes')
    } else {
      while (pos < bytes.length && bytes[pos] !== delimiter && bytes[pos] !== LF) {
        // The database would take it for a line end.
        if (bytes[pos] === CR && !lineEnd(bytes, pos)) return faulty(bytes, at, 'stray carriage return')
        pos++
      }
    }
    if (bytes[pos] !== delimiter) break
    fields++
    pos++
  }
  if (bytes[pos] === CR) pos++
  if (pos - at > MAX_RECORD_BYTES) return faulty(bytes, at, 'record too long')
  return { end: trimCr(bytes, at, pos), next: pos + 1, fields, breaks, fault: undefined }
}

/** Whether most lines inside a record of many lines look like rows of their own. */
function hidesRows(bytes: Buffer, at: number, end: number, delimiter: number, columns: number): boolean {
  // A line of prose with one comma is too common to tell anything.
  if (columns < 3) return false
  let inner = 0
  let rows = 0
  let fields = 1
  for (let pos = bytes.indexOf(LF, at) + 1; pos < end; pos++) {
    if (bytes[pos] === delimiter) fields++
    if (bytes[pos] !== LF) continue
    inner++
    if (fields === columns) rows++
    fields = 1
  }
  return rows >= 2 && rows > inner / 2
}

function closingQuote(bytes: Buffer, from: number, recordStart: number) {
  let breaks = 0
  for (let pos = from; pos < bytes.length && pos - recordStart <= MAX_RECORD_BYTES; pos++) {
    const byte = bytes[pos]
    if (byte === LF && ++breaks > MAX_QUOTED_LINES) return undefined
    if (byte !== QUOTE) continue
    if (bytes[pos + 1] !== QUOTE) return { at: pos, breaks }
    pos++
  }
  return undefined
}

function scanLine(bytes: Buffer, at: number): Span {
  const newline = bytes.indexOf(LF, at)
  const stop = newline < 0 ? bytes.length : newline
  const fault = stop - at > MAX_RECORD_BYTES ? ('record too long' as const) : undefined
  return { end: trimCr(bytes, at, stop), next: stop + 1, fields: 1, breaks: 0, fault }
}

function faulty(bytes: Buffer, at: number, fault: BadReason): Span {
  return { ...scanLine(bytes, at), fault }
}

function lineEnd(bytes: Buffer, cr: number): boolean {
  return cr + 1 === bytes.length || bytes[cr + 1] === LF
}

function trimCr(bytes: Buffer, at: number, end: number): number {
  return end > at && bytes[end - 1] === CR ? end - 1 : end
}

function isBlank(bytes: Buffer, at: number, end: number): boolean {
  for (let pos = at; pos < end; pos++) if (bytes[pos] !== 0x20 && bytes[pos] !== 0x09) return false
  return true
}

export function bomLength(bytes: Buffer): number {
  return bytes[0] === 0xef && bytes[1] === 0xbb && bytes[2] === 0xbf ? 3 : 0
}

function joined(bytes: Buffer, header: Buffer | undefined, spans: readonly number[]): Buffer {
  const newline = Buffer.of(LF)
  const parts: Buffer[] = header ? [header, newline] : []
  for (let i = 0; i < spans.length; i += 2) parts.push(bytes.subarray(spans[i], spans[i + 1]), newline)
  return Buffer.concat(parts)
}

/** The fields of one record, unquoted. */
export function splitRecord(record: string, delimiter: string): string[] {
  const fields: string[] = []
  let pos = 0
  for (;;) {
    let field = ''
    if (record[pos] === '"') {
      const close = /"(?!")/.exec(record.slice(pos + 1).replaceAll('""', '\0\0'))
      const end = close ? pos + 1 + close.index : record.length
      field = record.slice(pos + 1, end).replaceAll('""', '"')
      pos = end + 1
    } else {
      const end = record.indexOf(delimiter, pos)
      field = record.slice(pos, end < 0 ? undefined : end)
      pos = end < 0 ? record.length : end
    }
    fields.push(field)
    if (record[pos] !== delimiter) return fields
    pos++
  }
}
