import { join } from 'node:path'
import { DELTA } from '../../shared/bundle/deltaFile.ts'
import type { DeltaTo } from './deltaTo.ts'
import { gateLines } from './ladderReport.ts'
import { textTable } from './textTable.ts'
import { wrapText } from './wrapText.ts'

const PARTS: readonly (readonly [role: RegExp, what: string])[] = [
  [new RegExp(`^${DELTA.popularity}$`), 'popularity'],
  [new RegExp(`^${DELTA.items}$`), 'new items'],
  [new RegExp(`^${DELTA.golden}$`), 'golden cases'],
  [/^details\//, 'changed details'],
]

/** A delta as a person reads it: what it rests on, and what it costs a visitor. */
export function deltaText({ report, release, base, days, appended, sizes }: DeltaTo, out: string): string {
  const age = days < 1 ? `${Math.round(days * 24)} hours` : `${days.toFixed(1)} days`
  const rows = PARTS.flatMap(([role, what]) => {
    const bytes = Object.entries(sizes.files).reduce(
      (sum, [name, size]) => sum + (role.test(name) ? size : 0),
      0,
    )
    return bytes > 0 ? [[what, kilobytes(bytes)]] : []
  })
  rows.push(['manifest, signed', kilobytes(sizes.manifest)], ['together', kilobytes(sizes.total)])
  return [
    `Delta ${release.slice(0, 12)} on the base ${base.slice(0, 12)}, ${age} later, with ${appended} new items.`,
    '',
    textTable([{ heading: 'what a visitor fetches' }, { heading: 'kB', align: 'right' }], rows),
    `Who has no bundle yet fetches ${kilobytes(sizes.whole)} kB.`,
    ...gateLines(report),
    ...report.notes.map((note) => wrapText(`Note: ${note}`, 6)),
    '',
    `Bundle ${release.slice(0, 12)} in ${join(out, 'release')}`,
    `Model card in ${join(out, 'report.html')}`,
  ].join('\n')
}

function kilobytes(bytes: number): string {
  return (bytes / 1000).toFixed(1)
}
