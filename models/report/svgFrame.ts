import { type Html, html, type Part } from './html.ts'

/** Size of the text in plots, in pixels of the drawing. */
export const FONT = 12

export interface SvgOptions {
  /** Unique on its page: names the title and the description. */
  readonly id: string
  readonly width: number
  readonly height: number
  /** What it is, in a few words. */
  readonly title: string
  /** What it shows, for those who cannot see it. */
  readonly description: string
  readonly className?: string
}

/** One drawing with its title and description. Coordinates are pixels at its natural size; it scales with its box. */
export function svg({ id, width, height, title, description, className }: SvgOptions, body: Part): Html {
  const [w, h] = [round(width), round(height)]
  return html`<svg xmlns="http://www.w3.org/2000/svg" class="${className ?? 'plot'}" role="img" aria-labelledby="${id}-t ${id}-d" viewBox="0 0 ${w} ${h}" width="${w}" height="${h}" font-size="${FONT}"><title id="${id}-t">${title}</title><desc id="${id}-d">${description}</desc>${body}</svg>`
}

/** Two digits are finer than any screen, and the same everywhere. */
export function round(value: number): number {
  return Number.isFinite(value) ? Math.round(value * 100) / 100 : 0
}

export interface TextOptions {
  readonly anchor?: 'start' | 'middle' | 'end'
  readonly className?: string
  /** Longest width in pixels; what is longer ends in an ellipsis and tells the whole in a tooltip. */
  readonly fit?: number
}

export function label(x: number, y: number, text: string, options: TextOptions = {}): Html {
  const { anchor = 'start', className = 'label', fit } = options
  const shown = fit === undefined ? text : fitted(text, fit)
  return html`<text x="${round(x)}" y="${round(y)}" text-anchor="${anchor}" class="${className}">${shown}${
    shown === text ? null : html`<title>${text}</title>`
  }</text>`
}

export function line(x1: number, y1: number, x2: number, y2: number, className: string): Html {
  return html`<line x1="${round(x1)}" y1="${round(y1)}" x2="${round(x2)}" y2="${round(y2)}" class="${className}" />`
}

export function rect(x: number, y: number, width: number, height: number, className: string, rx = 0): Html {
  return html`<rect x="${round(x)}" y="${round(y)}" width="${round(Math.max(0, width))}" height="${round(Math.max(0, height))}" rx="${rx}" class="${className}" />`
}

/** @param points x, y in pixels */
export function polyline(points: readonly (readonly [number, number])[], className: string): Html {
  return html`<polyline points="${points.map(([x, y]) => `${round(x)},${round(y)}`).join(' ')}" class="${className}" />`
}

/** Estimated width of a text at the plots' size: no fonts are measured, so that the bytes are the same everywhere. */
export function textWidth(text: string, size = FONT): number {
  let ems = 0
  for (const character of text) {
    if (/\p{M}/u.test(character)) continue
    if (/[\u1100-\u115f\u2e80-\ua4cf\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe6f\uff00-\uff60]/u.test(character))
      ems += 1
    else if (/[\p{Extended_Pictographic}MWmw@%]/u.test(character)) ems += 0.9
    else if (/[ijlftIr.,:;'|()[\]\u2009 -]/.test(character)) ems += 0.36
    else if (/\p{Lu}/u.test(character)) ems += 0.7
    else ems += 0.58
  }
  return ems * size
}

/** The longest beginning that fits, with an ellipsis where something was cut. */
export function fitted(text: string, width: number, size = FONT): string {
  if (textWidth(text, size) <= width) return text
  // Whole graphemes: half an emoji, or a letter without its accent, is another text.
  const graphemes = Array.from(SEGMENTER.segment(text.slice(0, 400)), ({ segment }) => segment)
  let [shown, used] = ['', textWidth('…', size)]
  for (const grapheme of graphemes) {
    used += textWidth(grapheme, size)
    if (used > width) break
    shown += grapheme
  }
  return `${shown.trimEnd()}…`
}

const SEGMENTER = new Intl.Segmenter('en')
