import type { BadReason } from './rejectLog.ts'

/** Longest record that is read; a field of a million characters still fits. */
export const MAX_RECORD_BYTES = 2_000_000
/** A quoted field with more line breaks than this is a stray quote, not a field. */
const MAX_QUOTED_LINES = 1000
const QUOTE = 0x22
const LF = 0x0a
const CR = 0x0d

/** One record, as it was found in the bytes. */
export interface Span {
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
 * The end of a line that is a sound CSV record as it stands: no quote, no carriage return, no NUL, the right number of
 * separators, more than blanks. Else -1: then {@link scanRecord} looks, which comes to the same for all of these.
 */
export function plainEnd(
  bytes: Buffer,
  at: number,
  delimiter: number,
  columns: number,
  allUtf8: boolean,
): number {
  const stop = Math.min(bytes.length, at + MAX_RECORD_BYTES)
  let fields = 1
  let ink = false
  let pos = at
  for (; pos < stop; pos++) {
    const byte = bytes[pos]!
    if (byte === delimiter) fields++
    else if (byte === LF) break
    else if (byte === QUOTE || byte === CR || byte === 0) return -1
    else if (byte > 0x20) {
      ink = true
      if (byte > 0x7e && !allUtf8) return -1
    }
  }
  return ink && fields === columns && (pos < stop || pos === bytes.length) ? pos : -1
}

/** One CSV record from `at`. A faulty one ends with its first line. */
export function scanRecord(bytes: Buffer, at: number, delimiter: number): Span {
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
export function hidesRows(
  bytes: Buffer,
  at: number,
  end: number,
  delimiter: number,
  columns: number,
): boolean {
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

export function scanLine(bytes: Buffer, at: number): Span {
  const newline = bytes.indexOf(LF, at)
  const stop = newline < 0 ? bytes.length : newline
  const fault = stop - at > MAX_RECORD_BYTES ? ('record too long' as const) : undefined
  return { end: trimCr(bytes, at, stop), next: stop + 1, fields: 1, breaks: 0, fault }
}

export function faulty(bytes: Buffer, at: number, fault: BadReason): Span {
  return { ...scanLine(bytes, at), fault }
}

function lineEnd(bytes: Buffer, cr: number): boolean {
  return cr + 1 === bytes.length || bytes[cr + 1] === LF
}

function trimCr(bytes: Buffer, at: number, end: number): number {
  return end > at && bytes[end - 1] === CR ? end - 1 : end
}

/** The fields of one record, unquoted. */
export function splitRecord(record: string, delimiter: string): string[] {
  const fields: string[] = []
  let pos = 0
  for (;;) {
    let field = ''
    if (record[pos] === '"') {
      const end = closing(record, pos + 1)
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

/** Where the quote is that ends a field; a doubled one stands for itself. */
function closing(record: string, from: number): number {
  let at = record.indexOf('"', from)
  while (at >= 0 && record[at + 1] === '"') at = record.indexOf('"', at + 2)
  return at < 0 ? record.length : at
}
