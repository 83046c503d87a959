import { compositionFor } from './compositionFor.ts'
import { type Palette, palettes } from './palettes.ts'
import { type Frame, Pen, svgElement } from './pen.ts'
import { seededRandom } from './seededRandom.ts'
import { setTitle } from './setTitle.ts'

export interface PosterFilm {
  readonly id: string
  readonly title: string
  readonly year?: number
  readonly genres: readonly string[]
}

const SHEET = { width: 200, height: 300 }
const MARGIN = 13
const TITLE_HEIGHT = 82
const SMALL = "'Avenir Next','Segoe UI','Roboto','DejaVu Sans Condensed',system-ui,sans-serif"

function choose(
  film: PosterFilm,
): { draw: (target: SVGElement, frame: Frame) => void; palette: Palette } & Pick<
  ReturnType<typeof compositionFor>,
  'title' | 'voices'
> {
  const random = seededRandom(`${film.id}·${film.title}`)
  const composition = compositionFor(film.genres, random)
  const palette = mixed(palettes[random.pick(composition.palettes)], random.chance(0.5))
  return {
    palette,
    title: composition.title,
    voices: composition.voices,
    draw(target, frame) {
      const pen = new Pen(target, frame, palette, seededRandom(`${film.id}·drawing`))
      pen.flood(palette.ground)
      composition.draw(pen)
    },
  }
}

/** The same inks in another order: two posters of one idea and one palette still differ. */
function mixed(palette: Palette, swap: boolean): Palette {
  return swap ? { ...palette, first: palette.third, third: palette.first } : palette
}

/**
 * The poster of a film, from nothing but its id, title, year and genres: the same film, the same poster, on every device.
 * Decorative: whatever shows it says the title in text as well.
 *
 * @returns an SVG of 2:3 that fills its container
 */
export function posterFor(film: PosterFilm): SVGSVGElement {
  const { width, height } = SHEET
  const svg = sheet(width, height)
  const { palette, title, voices, draw } = choose(film)
  const bottom = title === 'bottom'
  draw(svg, { width, height, x: width / 2, y: bottom ? 112 : 190, unit: 1 })
  const random = seededRandom(`${film.id}·lettering`)
  const box = {
    x: MARGIN,
    y: bottom ? height - 28 - TITLE_HEIGHT : 29,
    width: width - 2 * MARGIN,
    height: TITLE_HEIGHT - 8,
    side: title,
  }
  svg.append(setTitle(film.title, random.pick(voices), box, palette.ink, random))
  svg.append(...credits(film, palette, bottom ? height - 12 : 19))
  return svg
}

/** The colours of a film's poster, for what stands around it. */
export function paletteOf(film: PosterFilm): Palette {
  return choose(film).palette
}

/** The same drawing without words, 4:3, for large areas; it fills and is cropped to its container. */
export function artworkFor(film: PosterFilm): { svg: SVGSVGElement; palette: Palette } {
  const svg = sheet(360, 270)
  const { palette, draw } = choose(film)
  svg.setAttribute('preserveAspectRatio', 'xMidYMid slice')
  draw(svg, { width: 360, height: 270, x: 180, y: 138, unit: 1.22 })
  return { svg, palette }
}

function sheet(width: number, height: number): SVGSVGElement {
  return svgElement('svg', {
    viewBox: `0 0 ${width} ${height}`,
    width,
    height,
    // The poster is a picture: it does not turn round in a page that is read from the right.
    direction: 'ltr',
    'aria-hidden': 'true',
    focusable: 'false',
    class: 'poster',
  })
}

function credits(film: PosterFilm, palette: Palette, y: number): SVGTextElement[] {
  const set = (text: string, x: number, anchor: 'start' | 'end') => {
    const element = svgElement('text', {
      x,
      y,
      fill: palette.ink,
      'font-family': SMALL,
      'font-size': 7,
      'font-weight': 600,
      'letter-spacing': '.08em',
      'text-anchor': anchor,
    })
    element.textContent = text
    return element
  }
  const genre = film.genres.slice(0, 2).join(' · ').toLocaleUpperCase()
  const lines = [set(genre, MARGIN, 'start')]
  if (film.year) lines.push(set(String(film.year), SHEET.width - MARGIN, 'end'))
  return lines
}
