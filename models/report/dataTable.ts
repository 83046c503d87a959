import { Html, html, type Part } from './html.ts'

export interface TableColumn {
  readonly heading: Part
  /** Numbers stand at the end of their column. */
  readonly number?: boolean
}

export interface TableRow {
  /** The first cell is the row's heading. */
  readonly cells: readonly Part[]
  /** The one that matters. */
  readonly chosen?: boolean
}

/**
 * A table with a caption and headings for both directions. Where it is wider than the screen it scrolls by itself, by
 * keyboard too.
 * @param id unique on the page
 */
export function dataTable(
  id: string,
  caption: Part,
  columns: readonly TableColumn[],
  rows: readonly TableRow[],
): Html {
  const numeric = (c: number) => (columns[c]?.number ? CLASS_N : null)
  return html`<div class="scroll" role="region" tabindex="0" aria-labelledby="${id}-c"><table id="${id}"><caption id="${id}-c">${caption}</caption>
<thead><tr>${columns.map(({ heading }, c) => html`<th scope="col"${numeric(c)}>${heading}</th>`)}</tr></thead>
<tbody>${rows.map(
    ({ cells, chosen }) =>
      html`<tr${chosen ? CHOSEN : null}>${cells.map((cell, c) =>
        c === 0 ? html`<th scope="row">${cell}</th>` : html`<td${numeric(c)}>${cell}</td>`,
      )}</tr>
`,
  )}</tbody></table></div>
`
}

/** Facts as a grid of tiles. */
export function factTiles(facts: readonly (readonly [name: Part, value: Part, note?: Part])[]): Html {
  return html`<dl class="facts">${facts.map(
    ([name, value, note]) =>
      html`<div><dt>${name}</dt><dd>${value}${note && html`<small>${note}</small>`}</dd></div>`,
  )}</dl>
`
}

/** Names and titles from data: whatever their direction, the text around them stays as it is. */
export function isolated(text: string): Html {
  return html`<bdi>${text}</bdi>`
}

const CLASS_N = new Html(' class="n"')
const CHOSEN = new Html(' class="chosen"')
