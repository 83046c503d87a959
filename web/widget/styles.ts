/**
 * Looks of the element. No scroll snapping: Chromium 156 crashes the tab when a snapped, focused card is moved.
 * Hosts change them by custom properties, by `::part` and by `styleSheets`.
 */
const CSS = `:host{--_w:var(--foryou-card-width,10rem);--_g:var(--foryou-gap,1rem);--_r:var(--foryou-radius,.5rem);display:block;color-scheme:light dark;font-family:var(--foryou-font,inherit)}
:host([hidden]),[hidden]{display:none!important}
[part=heading]{margin:0 0 .6em;font-size:1.25em}
[part=list]{display:grid;grid-auto-flow:column;grid-auto-columns:var(--_w);gap:var(--_g);margin:0;padding:4px;list-style:none;overflow-x:auto;min-block-size:calc(var(--_w)*1.5 + 5.5em)}
:host([layout=grid]) [part=list]{grid-auto-flow:row;grid-template-columns:repeat(auto-fill,minmax(min(var(--_w),100%),1fr));overflow:visible}
li{min-inline-size:0}
[part=link]{display:grid;gap:.15em;color:inherit;text-decoration:none;border-radius:var(--_r)}
[part=link]:focus-visible{outline:3px solid var(--foryou-accent,Highlight);outline-offset:2px}
[part=cover],[part=skeleton]{display:block;aspect-ratio:var(--foryou-cover-ratio,2/3);border-radius:var(--_r);overflow:hidden;background:color-mix(in srgb,currentColor 10%,transparent)}
[part=cover]{margin-block-end:.3em;transition:transform .2s}
[part=link]:hover [part=cover]{transform:translateY(-3px)}
[part=cover]>*{display:block;inline-size:100%;block-size:100%;object-fit:cover}
[part=art]{box-sizing:border-box;display:grid;align-items:end;padding:.7em;font:600 1.05em/1.15 Georgia,serif;color:#fff;overflow-wrap:anywhere;background:linear-gradient(160deg,hsl(var(--hue) 45% 38%),hsl(calc(var(--hue) + 50) 55% 18%))}
[part=title]{font-weight:600;display:-webkit-box;-webkit-box-orient:vertical;-webkit-line-clamp:2;overflow:hidden}
[part=year],[part=reason]{font-size:.85em;opacity:.75;display:-webkit-box;-webkit-box-orient:vertical;-webkit-line-clamp:2;overflow:hidden}
[part=skeleton]{animation:p 1.6s infinite alternate}
@keyframes p{to{opacity:.4}}
@media(prefers-reduced-motion:reduce){*{animation:none!important;transition:none!important}}`

let sheet: CSSStyleSheet | undefined

/** One sheet for all elements; adopted, so that a page's policy on inline styles does not concern it. */
export function baseSheet(): CSSStyleSheet {
  if (!sheet) {
    sheet = new CSSStyleSheet()
    sheet.replaceSync(CSS)
  }
  return sheet
}
