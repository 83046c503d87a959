import { basename } from 'node:path'
import type { DataQuality, Readiness } from '../quality/dataQuality.ts'
import { factSections, faultLine, limitWords } from '../quality/factLines.ts'
import { wrapText } from './wrapText.ts'

const READY: Readonly<Record<Readiness['ready'], string>> = { yes: 'yes ', weak: 'weak', no: 'no  ' }

/** A quality report for a terminal: verdict first, then broken rules with their lines, then everything measured. */
export function qualityText(quality: DataQuality): string {
  return [
    wrapText(`${quality.name}: ${quality.verdict}`, 2),
    '',
    'Rules',
    ...quality.rules.flatMap((result) => {
      const mark = !result.broken ? 'ok  ' : result.severity === 'fail' ? 'FAIL' : 'warn'
      const measured = result.actual === null ? `not measured: ${result.text}` : result.text
      return [
        wrapText(`  ${mark}  ${result.rule.padEnd(20)} ${measured}; ${limitWords(result)}`, 29),
        ...brokenLines(quality, result.rule),
      ]
    }),
    '',
    'What this data can support',
    ...quality.readiness.flatMap(({ what, ready, why, takes }) => [
      wrapText(`  ${READY[ready]}  ${what}: ${why}`, 8),
      ...(takes ? [wrapText(`        it takes ${takes}`, 8)] : []),
    ]),
    ...factSections(quality).flatMap(({ heading, facts }) => {
      const width = Math.max(...facts.map(([label]) => label.length))
      return [
        '',
        heading,
        ...facts.map(([label, text]) => wrapText(`  ${label.padEnd(width)}  ${text}`, 4 + width)),
      ]
    }),
  ].join('\n')
}

/** The first rows at fault of a broken rule, and how many more there are. */
export function brokenLines({ rules, files }: DataQuality, rule: string): string[] {
  const result = rules.find((other) => other.rule === rule)
  if (!result?.broken) return []
  const file = basename(files[0] ?? '')
  const more = result.count - result.faults.length
  return [
    ...result.faults.map((fault) => `        ${faultLine(file, fault)}`),
    ...(more > 0 && result.faults.length > 0 ? [`        and ${more.toLocaleString('en')} more`] : []),
  ]
}
