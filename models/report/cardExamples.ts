import type { CardFacts } from './cardFacts.ts'
import { isolated } from './dataTable.ts'
import type { Example, ExampleItem } from './exampleSlates.ts'
import { Html, html } from './html.ts'
import { count } from './numberText.ts'
import type { PageSection } from './page.ts'

/** What each rung would have shown for invented histories, side by side. */
export function examplesSection({ examples }: CardFacts): PageSection {
  return {
    id: 'examples',
    heading: 'What visitors would see',
    body:
      examples.length === 0
        ? html`<p class="missing">The bundle holds no golden cases, so there are no invented histories to show.</p>`
        : html`<p>Invented histories, drawn from the catalogue and nobody's, ranked by this bundle with the browser's own code. Marked titles are in no other column: that is what the rung alone brings.</p>
${examples.map(exampleOf)}`,
  }
}

function exampleOf({ history, rungs }: Example, e: number): Html {
  const shared = new Map<string, number>()
  for (const { items } of rungs) for (const { item } of items) shared.set(item, (shared.get(item) ?? 0) + 1)
  const heading =
    history.length === 0
      ? 'No history yet'
      : `After ${count(history.length)} ${history.length === 1 ? 'item' : 'items'}`
  return html`<details class="example"${e < 3 ? OPEN : null}><summary>${heading}</summary>
${history.length > 0 && html`<p class="quiet">${history.map((item, h) => html`${h > 0 && ' → '}${titleOf(item)}`)}</p>`}
<div class="slates">${rungs.map(
    ({ rung, ships, items }) =>
      html`<section class="slate${ships ? ' ships' : ''}" aria-label="${rung}"><h4>${rung}${ships && html` <span class="pill good">ships</span>`}</h4><ol>${items.map(
        (item) =>
          html`<li>${rungs.length > 1 && shared.get(item.item) === 1 ? html`<mark>${titleOf(item)}</mark>` : titleOf(item)}</li>`,
      )}</ol></section>`,
  )}</div></details>
`
}

function titleOf({ title }: ExampleItem): Html {
  const graphemes = Array.from(SEGMENTER.segment(title.slice(0, 1000)), ({ segment }) => segment)
  return isolated(graphemes.length > LONGEST ? `${graphemes.slice(0, LONGEST).join('').trimEnd()}…` : title)
}

const LONGEST = 80
const SEGMENTER = new Intl.Segmenter('en')
const OPEN = new Html(' open="open"')
