import type { DataQuality } from '../quality/dataQuality.ts'
import type { CardFacts } from './cardFacts.ts'
import { dataTable, factTiles } from './dataTable.ts'
import { type Html, html, type Part } from './html.ts'
import { count, dayText, percent } from './numberText.ts'
import type { PageSection } from './page.ts'

/** What the model was trained on, and what is wrong with it. */
export function dataSection({ report, manifest }: CardFacts): PageSection {
  const { data } = manifest
  const quality = report.dataQuality
  const span = data.to > 0 ? `${dayText(data.from)} – ${dayText(data.to)}` : 'no times'
  return {
    id: 'data',
    heading: 'The data',
    body: html`${factTiles([
      ['Data set', html`<bdi>${data.name}</bdi>`, data.synthetic ? 'synthetic: an invented world' : span],
      [
        'Interactions',
        count(data.interactions),
        quality && `${percent(quality.volume.density, 2)} of all pairs`,
      ],
      ['Users', count(data.users), quality && `median ${count(quality.volume.perUser.median)} interactions`],
      ['Items', count(data.items), quality && `median ${count(quality.volume.perItem.median)} interactions`],
    ])}
${quality ? qualityOf(quality) : html`<p class="missing">This report was made before the quality of the data was recorded.</p>`}
${notesOf(report.notes)}`,
  }
}

function qualityOf(quality: DataQuality): Html {
  const broken = quality.rules.filter((rule) => rule.broken)
  return html`<p>${quality.verdict} ${count(quality.used)} of ${count(quality.rows)} rows were used; ${
    broken.length === 0
      ? `none of the ${quality.rules.length} rules was broken.`
      : `${broken.length} of ${quality.rules.length} rules were broken.`
  }</p>
${broken.length > 0 && html`<ul class="plain">${broken.map(({ text, severity }): Part => html`<li><span class="pill${severity === 'fail' ? ' bad' : ''}">${severity}</span> ${text}</li>`)}</ul>`}
${dataTable(
  'readiness-table',
  'What this data can support',
  [{ heading: 'for' }, { heading: 'ready' }, { heading: 'why' }],
  quality.readiness.map(({ what, ready, why, takes }) => ({
    cells: [
      what,
      html`<span class="pill ${ready === 'yes' ? 'good' : ready === 'no' ? 'bad' : ''}">${ready}</span>`,
      html`${why}${takes && html`<small>${takes}</small>`}`,
    ],
  })),
)}`
}

function notesOf(notes: readonly string[] | undefined): Html | null {
  if (!notes || notes.length === 0) return null
  return html`<h3>Notes</h3><ul class="plain">${notes.map((note) => html`<li>${note}</li>`)}</ul>`
}
