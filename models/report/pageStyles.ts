/** Style of every report: light and dark, phone and paper, either direction of writing. Colours pass WCAG AA on both papers. */
export const PAGE_STYLES = `
:root {
  color-scheme: light dark;
  --paper: #faf8f3; --raised: #ffffff; --ink: #1c1a17; --muted: #5d584f; --line: #e0dacd; --grid: #ebe6da;
  --accent: #b1371c; --accent-soft: #f3d9cf; --good: #1c6b47; --good-soft: #d5eadd; --bad: #a8261f; --bad-soft: #f5d8d4;
  --open: #5d584f; --open-soft: #dedad0; --blue: #2f5f8a; --gold: #a06c00;
  --text: "Avenir Next", "Segoe UI", "Helvetica Neue", Roboto, "Noto Sans", system-ui, sans-serif;
  --display: "Iowan Old Style", "Palatino Nova", Charter, "Source Serif 4", "Noto Serif", Georgia, "DejaVu Serif", serif;
  --mono: ui-monospace, "SF Mono", "Cascadia Mono", Menlo, "DejaVu Sans Mono", monospace;
}
@media (prefers-color-scheme: dark) {
  :root {
    --paper: #151412; --raised: #1e1c19; --ink: #f0ebe0; --muted: #aea596; --line: #38342d; --grid: #2a2722;
    --accent: #f58062; --accent-soft: #4c2a20; --good: #72cd9f; --good-soft: #1f3b2d; --bad: #ff9488; --bad-soft: #4a2320;
    --open: #aea596; --open-soft: #3b372f; --blue: #8dbbe6; --gold: #e6b04b;
  }
}
*, *::before, *::after { box-sizing: border-box; }
html { text-size-adjust: 100%; scroll-padding-block-start: 1rem; }
body { margin: 0; background: var(--paper); color: var(--ink); font: 400 1rem/1.6 var(--text); overflow-wrap: anywhere; }
a { color: inherit; text-underline-offset: .2em; text-decoration-thickness: 1px; text-decoration-color: var(--accent); }
:focus-visible { outline: 3px solid var(--accent); outline-offset: 3px; border-radius: 3px; }
.skip { position: absolute; inset-block-start: -4rem; inset-inline-start: 1rem; padding: .5rem 1rem; background: var(--ink); color: var(--paper); z-index: 1; }
.skip:focus { inset-block-start: .5rem; }
.page { max-inline-size: 74rem; margin-inline: auto; padding: clamp(1.2rem, 4vw, 3.5rem) clamp(1rem, 4vw, 3rem); }
.eyebrow { margin: 0 0 1rem; color: var(--muted); font-size: .875rem; letter-spacing: .04em; }
.eyebrow b { color: var(--accent); font-weight: 700; }
h1, h2, h3 { font-family: var(--display); line-height: 1.15; text-wrap: balance; margin: 0; font-weight: 600; letter-spacing: -.01em; }
h1 { font-size: clamp(1.9rem, 1.2rem + 3vw, 3.2rem); max-inline-size: 26ch; }
h2 { font-size: clamp(1.4rem, 1.1rem + 1.2vw, 1.95rem); }
h3 { font-size: 1.15rem; margin-block: 2rem .5rem; }
p { margin-block: .6rem; max-inline-size: 68ch; }
.lead { font-size: clamp(1.05rem, 1rem + .4vw, 1.25rem); color: var(--ink); max-inline-size: 60ch; }
.quiet { color: var(--muted); }
.number, td.n, th.n { font-variant-numeric: tabular-nums; }
header .facts { margin-block-start: 1.8rem; }
.pill { display: inline-block; padding: .1rem .6rem; border-radius: 1rem; font-size: .8125rem; font-weight: 600; white-space: nowrap; background: var(--open-soft); color: var(--ink); }
.pill.good { background: var(--good-soft); color: var(--good); }
.pill.bad { background: var(--bad-soft); color: var(--bad); }
dl.facts { display: grid; grid-template-columns: repeat(auto-fit, minmax(min(9.5rem, 100%), 1fr)); gap: 1px; margin: 1.2rem 0; background: var(--line); border: 1px solid var(--line); border-radius: .6rem; overflow: hidden; }
dl.facts > div { background: var(--raised); padding: .8rem 1rem; }
dl.facts dt { color: var(--muted); font-size: .8125rem; line-height: 1.35; }
dl.facts dd { margin: .2rem 0 0; font: 600 1.35rem/1.25 var(--display); font-variant-numeric: tabular-nums lining-nums; }
dl.facts dd small { display: block; font: 400 .8125rem/1.4 var(--text); color: var(--muted); }
nav { margin-block: 2rem 0; font-size: .9375rem; }
nav ul { list-style: none; display: flex; flex-wrap: wrap; gap: .3rem 1.2rem; padding: .8rem 0; margin: 0; border-block: 1px solid var(--line); }
nav a { display: inline-block; padding-block: .25rem; text-decoration: none; color: var(--muted); }
nav a:hover { color: var(--ink); text-decoration: underline; }
section { margin-block-start: clamp(2.8rem, 6vw, 4.5rem); }
section > h2 + p { margin-block-start: .5rem; }
figure { margin: 1.4rem 0; }
figure > .frame { background: var(--raised); border: 1px solid var(--line); border-radius: .6rem; padding: clamp(.6rem, 2vw, 1.4rem); }
figcaption, caption { color: var(--muted); font-size: .875rem; line-height: 1.5; text-align: start; max-inline-size: min(75ch, calc(100vw - 2.5rem)); }
figcaption { margin-block-start: .6rem; }
caption { caption-side: top; padding-block-end: .5rem; font-weight: 600; color: var(--ink); }
svg.plot { display: block; inline-size: 100%; block-size: auto; direction: ltr; overflow: visible; font-family: var(--text); }
.narrow { display: none; }
.scroll { overflow-x: auto; margin-block: 1.4rem; }
table { border-collapse: collapse; inline-size: max-content; min-inline-size: min(100%, 40rem); max-inline-size: 100%; font-size: .9375rem; line-height: 1.4; }
th, td { padding: .55rem .75rem; text-align: start; vertical-align: top; border-block-end: 1px solid var(--line); overflow-wrap: normal; }
thead th { color: var(--muted); font-weight: 600; font-size: .8125rem; vertical-align: bottom; border-block-end: 2px solid var(--line); }
tbody th { font-weight: 600; }
th.n, td.n { text-align: end; white-space: nowrap; }
td.n { direction: ltr; text-align: right; }
[dir="rtl"] td.n { text-align: left; }
h1, h2, h3, p, li, dt, dd, caption, figcaption, summary { unicode-bidi: plaintext; }
tr.chosen > * { background: var(--accent-soft); }
tr.chosen > :first-child { box-shadow: inset .25rem 0 var(--accent); }
[dir="rtl"] tr.chosen > :first-child { box-shadow: inset -.25rem 0 var(--accent); }
td small, th small { display: block; color: var(--muted); font-weight: 400; max-inline-size: 24rem; }
th small { min-inline-size: 9rem; }
code, pre, .code { font-family: var(--mono); font-size: .875em; }
pre { background: var(--raised); border: 1px solid var(--line); border-radius: .6rem; padding: .9rem 1rem; overflow-x: auto; direction: ltr; text-align: left; white-space: pre-wrap; }
ul.plain, ol.plain { padding-inline-start: 1.2rem; margin-block: .6rem; max-inline-size: 75ch; }
details { margin-block: 1rem; }
summary { cursor: pointer; font-weight: 600; }
mark { background: var(--accent-soft); color: inherit; border-radius: .2rem; padding-inline: .15rem; }
.slates { display: grid; grid-template-columns: repeat(auto-fill, minmax(min(9.75rem, 100%), 1fr)); gap: .75rem; margin-block: 1rem 2rem; }
.slates > .slate { margin: 0; background: var(--raised); border: 1px solid var(--line); border-radius: .6rem; padding: .7rem .8rem; font-size: .875rem; line-height: 1.4; min-inline-size: 0; }
.slates > .ships { border-color: var(--accent); box-shadow: inset 0 .2rem var(--accent); }
.slate ol { margin: .4rem 0 0; padding-inline-start: 1.3rem; }
.slate li { padding-block: .12rem; }
.slate li::marker { color: var(--muted); font-size: .8125rem; }
h4 { margin: 0; font-size: .9375rem; }
.missing { border-inline-start: .25rem solid var(--line); padding-inline-start: 1rem; color: var(--muted); }
footer { margin-block-start: 4rem; padding-block-start: 1rem; border-block-start: 1px solid var(--line); color: var(--muted); font-size: .875rem; }
${plots()}
@media (max-width: 40rem) {
  .wide { display: none; }
  .narrow { display: block; }
  .narrow > svg.plot { max-inline-size: 28rem; margin-inline: auto; }
  dl.facts { grid-template-columns: repeat(2, 1fr); }
  dl.facts > div:last-child:nth-child(odd) { grid-column: 1 / -1; }
  dl.facts dd { font-size: 1.15rem; }
}
@media print {
  :root {
    color-scheme: light;
    --paper: #fff; --raised: #fff; --ink: #000; --muted: #444; --line: #bbb; --grid: #ddd;
    --accent: #b1371c; --accent-soft: #f3d9cf; --good: #1c6b47; --good-soft: #d5eadd; --bad: #a8261f; --bad-soft: #f5d8d4;
    --open: #444; --open-soft: #ddd; --blue: #2f5f8a; --gold: #a06c00;
  }
  @page { margin: 16mm; }
  html { font-size: 9.5pt; }
  body { print-color-adjust: exact; }
  details::details-content { content-visibility: visible; block-size: auto; }
  .page { max-inline-size: none; padding: 0; }
  nav, .skip { display: none; }
  .wide { display: block; } .narrow { display: none; }
  section { margin-block-start: 2rem; }
  h2, h3, caption { break-after: avoid; }
  figure, tr, dl.facts > div { break-inside: avoid; }
  .scroll { overflow: visible; }
  table { min-inline-size: 0; } th, td { padding: .3rem .4rem; }
  caption { max-inline-size: none; }
}
`

/** Marks of the plots: every colour is one of the page's, so that dark and print follow. */
function plots(): string {
  return `
svg .label, svg .tick, svg .axis { fill: var(--ink); }
svg .tick, svg .axis, svg .faint { fill: var(--muted); }
svg .strong { font-weight: 600; }
svg .halo { paint-order: stroke; stroke: var(--raised); stroke-width: 4px; stroke-linejoin: round; }
svg .grid { stroke: var(--grid); stroke-width: 1; }
svg .base { stroke: var(--line); stroke-width: 1; }
svg .zero { stroke: var(--muted); stroke-width: 1.5; stroke-dasharray: 3 3; }
svg .lead-line { stroke: var(--muted); stroke-width: .75; }
svg .whisker { stroke: var(--ink); stroke-width: 1.5; }
svg .dot { stroke: var(--raised); stroke-width: 1.5; fill: var(--open); }
svg .dot.good { fill: var(--good); } svg .dot.bad { fill: var(--bad); } svg .dot.chosen { fill: var(--accent); }
svg .dot.hollow { fill: var(--raised); stroke: var(--muted); stroke-width: 1.75; }
svg .band { fill: var(--open); opacity: .35; } svg .band.good { fill: var(--good); } svg .band.bad { fill: var(--bad); }
svg .frontier { fill: none; stroke: var(--accent); stroke-width: 2; opacity: .6; }
svg .bar { fill: var(--muted); } svg .s0 { fill: var(--accent); } svg .s1 { fill: var(--blue); } svg .s2 { fill: var(--gold); } svg .s3 { fill: var(--open); }
svg .l0, svg .l1, svg .l2, svg .l3 { fill: none; stroke: var(--accent); stroke-width: 2; stroke-linejoin: round; stroke-linecap: round; }
svg .l1 { stroke: var(--blue); } svg .l2 { stroke: var(--gold); } svg .l3 { stroke: var(--open); }
svg .area { fill: var(--accent); opacity: .15; stroke: none; }
@media (forced-colors: active) { svg .bar, svg .s0, svg .s1, svg .s2, svg .s3, svg .dot { fill: CanvasText; } }`
}
