import type { Diagnosis } from '../doctor/diagnose.ts'
import { type Finding, PARTS, type State } from '../doctor/finding.ts'
import { wrapText } from './wrapText.ts'

const MARKS: Readonly<Record<State, string>> = { good: '✓', warning: '!', bad: '✗', unknown: '·' }

/** The findings for a terminal: one line each, aligned, and below what is not good how to mend it. */
export function diagnosisText(url: string, site: string, { findings, bad, warnings }: Diagnosis): string {
  const width = Math.max(...findings.map(({ check }) => check.length))
  const parts = PARTS.map((part) => findings.filter((finding) => finding.part === part))
  return [
    `${url}, site "${site}"`,
    ...parts.flatMap((found) =>
      found.length === 0 ? [] : ['', found[0]!.part, ...found.map((finding) => line(finding, width))],
    ),
    '',
    verdict(findings.length, bad, warnings),
  ].join('\n')
}

function line({ check, state, text, mend }: Finding, width: number): string {
  const indent = width + 6
  const lines = [wrapText(`  ${MARKS[state]} ${check.padEnd(width)}  ${printable(text)}`, indent)]
  if (mend !== undefined) lines.push(wrapText(`${' '.repeat(indent)}→ ${mend}`, indent + 2))
  return lines.join('\n')
}

function verdict(checks: number, bad: number, warnings: number): string {
  const rest = warnings === 0 ? '' : `${warnings} could be better (!).`
  if (bad === 0)
    return warnings === 0
      ? `All ${checks} checks are well.`
      : `Visitors are served. Of ${checks} checks, ${rest}`
  return `${bad} of ${checks} checks failed (✗): visitors are kept from something. ${rest}`.trimEnd()
}

/** Answers of strangers are no terminal commands. */
function printable(text: string): string {
  return text.replace(/\p{C}/gu, ' ')
}
