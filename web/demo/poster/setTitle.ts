import type { Voice } from './composition.ts'
import { svgElement } from './pen.ts'
import type { SeededRandom } from './seededRandom.ts'
import { titleLines } from './titleLines.ts'

interface Face {
  readonly family: string
  readonly weight: number
  readonly leading: number
  readonly spacing: number
}

const CONDENSED =
  "'Avenir Next Condensed','Franklin Gothic Medium','Roboto Condensed','DejaVu Sans Condensed','Arial Narrow',sans-serif"
const faces: Readonly<Record<Voice, Face>> = {
  cut: { family: CONDENSED, weight: 800, leading: 0.98, spacing: -0.01 },
  plain: { family: CONDENSED, weight: 700, leading: 1.02, spacing: -0.035 },
  book: {
    family: "'Rockwell','Bodoni 72','Georgia','DejaVu Serif Condensed','DejaVu Serif',serif",
    weight: 700,
    leading: 1.06,
    spacing: -0.02,
  },
}

const LATIN = /^[\p{Script=Latin}\p{Script=Greek}\p{Script=Cyrillic}\p{N}\p{P}\p{S}\p{Z}\p{M}]*$/u
const RIGHT_TO_LEFT = /[\u0590-\u08ff\ufb1d-\ufdff\ufe70-\ufeff]/u

export interface TitleBox {
  readonly x: number
  readonly y: number
  readonly width: number
  readonly height: number
  readonly side: 'top' | 'bottom'
}

/** Sets a film's title into a box of the sheet: as large as it can stand, with a subtitle in the second size. */
export function setTitle(
  title: string,
  voice: Voice,
  box: TitleBox,
  fill: string,
  random: SeededRandom,
): SVGGElement {
  const face = faces[voice]
  const scissored = voice === 'cut' && LATIN.test(title)
  const [main, sub] = divided(title)
  const cased = (text: string) => (scissored ? text.toLocaleUpperCase() : text)
  const measure = measurer(face)
  const subHeight = sub ? Math.min(22, box.height * 0.3) : 0
  const gap = sub ? 4 : 0
  const set = titleLines(cased(main), {
    width: box.width,
    height: box.height - subHeight - gap,
    leading: face.leading,
    largest: 44,
    measure,
  })
  const small = sub
    ? titleLines(sub, { width: box.width, height: subHeight, leading: 1.1, largest: 12, measure })
    : { lines: [], size: 0 }
  const mainHeight = set.size * (0.78 + (set.lines.length - 1) * face.leading)
  const total = mainHeight + (sub ? gap + small.size * 1.1 * small.lines.length : 0)
  const top = box.side === 'bottom' ? box.y + box.height - total : box.y
  const group = svgElement('g', { fill, 'font-family': face.family, 'font-weight': face.weight })
  const rtl = RIGHT_TO_LEFT.test(title)
  const line = (text: string, y: number, size: number, jitter: boolean) => {
    const element = svgElement('text', {
      x: rtl ? box.x + box.width : box.x,
      y,
      'font-size': size,
      'letter-spacing': `${face.spacing}em`,
      ...(rtl && { direction: 'rtl' }),
    })
    if (jitter) scissor(element, text, size, random)
    element.textContent = text
    group.append(element)
  }
  set.lines.forEach((text, i) => {
    line(text, top + set.size * (0.76 + i * face.leading), set.size, scissored)
  })
  small.lines.forEach((text, i) => {
    line(text, top + mainHeight + gap + small.size * (0.9 + i * 1.1), small.size, false)
  })
  return group
}

/** Letters cut by hand stand neither quite upright nor quite on the line. */
function scissor(element: SVGTextElement, text: string, size: number, random: SeededRandom): void {
  let shift = 0
  const turns: string[] = []
  const shifts: string[] = []
  for (const _ of text) {
    const next = random.range(-0.035, 0.035) * size
    turns.push(random.range(-3.2, 3.2).toFixed(1))
    shifts.push((next - shift).toFixed(2))
    shift = next
  }
  element.setAttribute('rotate', turns.join(' '))
  element.setAttribute('dy', shifts.join(' '))
}

/** A long title with a colon or a dash has a subtitle. */
function divided(title: string): [main: string, sub: string] {
  const match = /^(.{3,40}?)(?::| [-–—]| or:?(?= [A-Z])) +(.{4,})$/u.exec(title)
  if (!match?.[1] || !match[2] || title.length < 22) return [title, '']
  return [match[1], match[2]]
}

let context: CanvasRenderingContext2D | null | undefined
const SAMPLE = 100

function measurer(face: Face): (text: string) => number {
  context ??= document.createElement('canvas').getContext('2d')
  const canvas = context
  // Without a canvas a generous guess keeps every title inside its box.
  if (!canvas) return (text) => text.length * 0.7
  const font = `${face.weight} ${SAMPLE}px ${face.family}`
  return (text) => {
    canvas.font = font
    // The scissors need a little room of their own.
    return canvas.measureText(text).width / SAMPLE + text.length * face.spacing + 0.06
  }
}
