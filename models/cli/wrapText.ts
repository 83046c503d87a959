/** Columns of a terminal that help and notes keep to. */
export const COLUMNS = 100

/**
 * Breaks text between words, so that no line is longer than the width unless a single word is. Spaces that
 * align stay as they are; a number keeps its %.
 * @param indent columns by which every line but the first is moved in
 */
export function wrapText(text: string, indent = 0, width = COLUMNS): string {
  const lines: string[] = []
  let line: string | null = null
  for (const word of text.split(/ (?!%)/)) {
    const room = width - (lines.length === 0 ? 0 : indent)
    if (line !== null && line.trim() !== '' && line.length + 1 + word.length > room) {
      lines.push(line)
      line = word
    } else line = line === null ? word : `${line} ${word}`
  }
  lines.push(line ?? '')
  return lines.join(`\n${' '.repeat(indent)}`)
}
