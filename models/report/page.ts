import { createHash } from 'node:crypto'
import { Html, html, type Part } from './html.ts'
import { PAGE_STYLES } from './pageStyles.ts'

export interface PageSection {
  /** Anchor: lower-case letters, digits and hyphens. */
  readonly id: string
  readonly heading: string
  readonly body: Part
}

export interface PageOptions {
  /** Of the window. */
  readonly title: string
  /** Of the page; the title where it is absent. */
  readonly heading?: Part
  /** One line above the heading: what kind of page this is. */
  readonly eyebrow?: Part
  /** Between the heading and the contents: the verdict comes first. */
  readonly lead?: Part
  readonly sections: readonly PageSection[]
  readonly footer?: Part
  /** BCP 47 tag of the page's own words. */
  readonly lang?: string
  readonly dir?: 'ltr' | 'rtl'
}

/**
 * A self-contained page: no script, no font, no image and no request of any kind; its policy forbids them all and allows
 * this one style alone, by its hash. The same input gives the same bytes.
 */
export function page(options: PageOptions): string {
  const { title, heading, eyebrow, lead, sections, footer, lang = 'en', dir = 'ltr' } = options
  const contents = sections.length > 2 && [
    html`<nav aria-label="Contents"><ul>`,
    sections.map((section) => html`<li><a href="#${section.id}">${section.heading}</a></li>`),
    html`</ul></nav>`,
  ]
  return html`<!doctype html>
<html lang="${lang}" dir="${dir}">
<head>
<meta charset="utf-8" />
<meta http-equiv="Content-Security-Policy" content="${POLICY}" />
<meta name="viewport" content="width=device-width, initial-scale=1" />
<meta name="referrer" content="no-referrer" />
<meta name="robots" content="noindex" />
<title>${title}</title>
<style>${STYLES}</style>
</head>
<body>
<a class="skip" href="#main">Skip to the content</a>
<div class="page">
<header>
${eyebrow && html`<p class="eyebrow">${eyebrow}</p>`}
<h1>${heading ?? title}</h1>
${lead}
${contents}
</header>
<main id="main">
${sections.map(sectionOf)}
</main>
${footer && html`<footer>${footer}</footer>`}
</div>
</body>
</html>
`.text
}

function sectionOf({ id, heading, body }: PageSection): Html {
  return html`<section id="${id}" aria-labelledby="${id}-h">
<h2 id="${id}-h">${heading}</h2>
${body}
</section>
`
}

// The only markup that is not made by the template: our own constant, which holds no "<" and no "&".
const STYLES = new Html(PAGE_STYLES)

const POLICY = [
  "default-src 'none'",
  `style-src 'sha256-${createHash('sha256').update(PAGE_STYLES).digest('base64')}'`,
  "base-uri 'none'",
  "form-action 'none'",
].join('; ')
