import { ForYouError } from '../../shared/domain/errors.ts'
import type { IngestReport, RejectedRow } from '../dataset.ts'

/** Why a row cannot be used. All of these count as bad and may stop a build. */
export type BadReason =
  | 'wrong number of columns'
  | 'broken quotes'
  | 'stray carriage return'
  | 'not UTF-8'
  | 'NUL character'
  | 'record too long'
  | 'not a JSON object'
  | 'no user'
  | 'no item'
  | 'id too long'
  | 'rating is not a number'
  | 'rating is not finite'
  | 'time is not readable'
  | 'time is negative'
  | 'time before 1971'
  | 'time in the future'

/** Rows that are sound but add nothing; they never stop a build. */
export type SkipReason = 'repeated' | 'quantity below one' | 'not interested' | 'impression'

/** More bad rows than this share of all rows, and the data is not trusted (trust F40). */
export const MAX_BAD_SHARE = 0.01
const EXAMPLES_PER_REASON = 5
const MAX_SHOWN = 60

/** Counts the rows that are left out, by reason, and keeps the first of each with line and text. */
export class RejectLog {
  readonly #counts = new Map<string, number>()
  readonly #examples: RejectedRow[] = []
  readonly #maxShare: number
  #bad = 0

  /** @param maxShare of all rows that may be bad */
  constructor(maxShare = MAX_BAD_SHARE) {
    this.#maxShare = maxShare
  }

  get bad(): number {
    return this.#bad
  }

  /** @param line 1-based line in the file (the row's number where the format has no lines) */
  reject(reason: BadReason, line: number, value: string): void {
    this.#bad++
    const count = (this.#counts.get(reason) ?? 0) + 1
    this.#counts.set(reason, count)
    if (count <= EXAMPLES_PER_REASON) this.#examples.push({ line, reason, value: shown(value) })
  }

  skip(reason: SkipReason, rows = 1): void {
    if (rows > 0) this.#counts.set(reason, (this.#counts.get(reason) ?? 0) + rows)
  }

  /** @throws ForYouError `bad_data` where more rows are bad than may be, unless that is allowed */
  assertGoodEnough(file: string, rows: number, allowBad: boolean): void {
    if (allowBad || this.#bad <= rows * this.#maxShare) return
    const share = ((100 * this.#bad) / rows).toFixed(1)
    const counts = [...this.#counts].map(([reason, count]) => `${reason}: ${count}`).join(', ')
    const first = this.#sorted()
      .slice(0, 5)
      .map(({ line, reason, value }) => `  ${file}:${line} ${reason}${value === '' ? '' : `: ${value}`}`)
    throw new ForYouError(
      'bad_data',
      `${file}: ${this.#bad} of ${rows} rows cannot be used, ${share} % (${counts}).\n${first.join('\n')}`,
      {
        hint: `At most ${Number((100 * this.#maxShare).toFixed(4))} % may be bad. Repair these rows, or leave them out with --allow-bad.`,
      },
    )
  }

  report(files: readonly string[], rows: number, used: number, notes: readonly string[]): IngestReport {
    return {
      files,
      rows,
      used,
      rejected: Object.fromEntries([...this.#counts].sort()),
      examples: this.#sorted(),
      notes,
    }
  }

  #sorted(): RejectedRow[] {
    return [...this.#examples].sort((a, b) => a.line - b.line)
  }
}

/** One printable line: control characters would garble a terminal. */
function shown(value: string): string {
  const printable = value.replace(/\p{C}/gu, '�')
  return printable.length > MAX_SHOWN ? `${printable.slice(0, MAX_SHOWN)}…` : printable
}
