import { type Html, html, type Part } from './html.ts'

/** Natural widths of a plot in pixels: text keeps its size, so a phone gets a drawing of its own. */
const WIDE = 860
const NARROW = 330

/**
 * A plot with its caption, drawn for a wide page and for a phone; styles show one of them.
 * @param draw gives the drawing for a width; the id is unique on the page
 */
export function figure(id: string, caption: Part, draw: (width: number, id: string) => Html): Html {
  return html`<figure id="${id}"><div class="frame"><div class="wide">${draw(WIDE, `${id}-w`)}</div><div class="narrow">${draw(NARROW, `${id}-n`)}</div></div><figcaption>${caption}</figcaption></figure>
`
}
