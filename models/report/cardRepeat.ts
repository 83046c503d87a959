import type { CardFacts } from './cardFacts.ts'
import { dataTable } from './dataTable.ts'
import { html, type Part } from './html.ts'
import { bytesText, dayText } from './numberText.ts'
import type { PageSection } from './page.ts'

/** Everything that it takes to make the same bytes again, and to check that they are the same. */
export function repeatSection({ report, manifest, hash }: CardFacts): PageSection {
  const { made } = report
  const code = (text: string) => html`<span class="code">${text}</span>`
  const facts: (readonly [string, Part])[] = [
    ['release bundle', code(hash)],
    ...(manifest.base ? [['base', code(manifest.base.manifest)] as const] : []),
    ['evaluation bundle', report.manifest ? code(report.manifest) : '–'],
    ['data fingerprint', code(manifest.data.fingerprint)],
    ['feature schema', code(manifest.featureSchema)],
    ['seed', String(manifest.seed)],
    ['protocol', report.protocol],
    ['trained until', manifest.trainedUntil > 0 ? dayText(manifest.trainedUntil) : 'no times'],
    ...(made
      ? ([
          [
            'code',
            `${made.code.version}${made.code.commit ? `, commit ${made.code.commit.slice(0, 12)}` : ''}${made.code.dirty ? ', changed since' : ''}`,
          ],
          ['sources', code(made.code.sources)],
        ] as const)
      : []),
  ]
  return {
    id: 'repeat',
    heading: 'How to repeat it',
    body: html`${
      made &&
      html`<pre>${made.command}
foryou evaluate --bundle DIR/evaluation --data NAME</pre>`
    }
${dataTable(
  'repeat-table',
  'Same data, code and seed give the same bytes',
  [{ heading: 'what' }, { heading: 'value' }],
  facts.map((cells) => ({ cells })),
)}
${made && html`<details><summary>Settings, chosen ones included</summary><pre>${JSON.stringify(made.settings, null, 2)}</pre></details>`}
<details><summary>Files of the release bundle (${manifest.files.length})</summary>${dataTable(
      'files-table',
      'Files by role, decoded bytes and SHA-256',
      [{ heading: 'role' }, { heading: 'bytes', number: true }, { heading: 'SHA-256' }],
      manifest.files.map(({ role, bytes, sha256 }) => ({ cells: [role, bytesText(bytes), code(sha256)] })),
    )}</details>`,
  }
}
