/** Columns of a terminal table: heading and alignment. */
export interface Column {
  readonly heading: string
  readonly align?: 'left' | 'right'
}

/** An aligned plain-text table with a rule under its headings. */
export function textTable(columns: readonly Column[], rows: readonly (readonly string[])[]): string {
  const widths = columns.map(({ heading }, c) =>
    Math.max(width(heading), ...rows.map((row) => width(row[c] ?? ''))),
  )
  const line = (cells: readonly string[]) =>
    columns
      .map(({ align }, c) => {
        const cell = cells[c] ?? ''
        const space = ' '.repeat(widths[c]! - width(cell))
        return align === 'right' ? space + cell : cell + space
      })
      .join('  ')
      .trimEnd()
  return [
    line(columns.map((c) => c.heading)),
    widths.map((w) => '─'.repeat(w)).join('  '),
    ...rows.map(line),
  ].join('\n')
}

/** A text as long as there is room for, so that no table breaks: control characters go, an ellipsis ends what was cut. */
export function isolatedText(text: string, room: number): string {
  const plain = text.replace(/[\p{Cc}\p{Cf}]/gu, ' ')
  if (width(plain) <= room) return plain
  const kept: string[] = []
  let cells = 0
  for (const character of plain.normalize('NFC')) {
    cells += width(character)
    if (cells > room - 1) break
    kept.push(character)
  }
  return `${kept.join('').trimEnd()}…`
}

/** Filled up with spaces to a number of terminal cells. */
export function padded(text: string, cells: number): string {
  return text + ' '.repeat(Math.max(0, cells - width(text)))
}

/** Terminal cells, near enough: combining marks take none, wide East Asian characters two. */
function width(text: string): number {
  let cells = 0
  for (const character of text.normalize('NFC')) {
    if (/\p{M}/u.test(character)) continue
    cells += /[\u1100-\u115f\u2e80-\ua4cf\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe6f\uff00-\uff60]/u.test(
      character,
    )
      ? 2
      : 1
  }
  return cells
}
