import type { Palette } from './palettes.ts'
import type { SeededRandom } from './seededRandom.ts'

export type Point = readonly [x: number, y: number]

/** Where a composition draws: the sheet, the point its subject sits at, and the unit of length (1/200 of the sheet). */
export interface Frame {
  readonly width: number
  readonly height: number
  readonly x: number
  readonly y: number
  readonly unit: number
}

const SVG = 'http://www.w3.org/2000/svg'

/** Makes an SVG element with presentation attributes, which a strict content security policy allows. */
export function svgElement<K extends keyof SVGElementTagNameMap>(
  name: K,
  attributes: Readonly<Record<string, string | number>> = {},
): SVGElementTagNameMap[K] {
  const element = document.createElementNS(SVG, name)
  for (const [key, value] of Object.entries(attributes)) {
    element.setAttribute(key, typeof value === 'number' ? String(Math.round(value * 100) / 100) : value)
  }
  return element
}

/**
 * Scissors and flat paint. Coordinates of the shapes are in units around the frame's subject, so that one composition
 * fills a tall poster and a wide banner alike; `sheet` shapes use the sheet's own coordinates.
 */
export class Pen {
  readonly palette: Palette
  readonly random: SeededRandom
  readonly frame: Frame
  readonly #target: SVGElement

  constructor(target: SVGElement, frame: Frame, palette: Palette, random: SeededRandom) {
    this.#target = target
    this.frame = frame
    this.palette = palette
    this.random = random
  }

  /** Edges of the sheet in units around the subject. */
  get left(): number {
    return -this.frame.x / this.frame.unit
  }
  get right(): number {
    return (this.frame.width - this.frame.x) / this.frame.unit
  }
  get top(): number {
    return -this.frame.y / this.frame.unit
  }
  get bottom(): number {
    return (this.frame.height - this.frame.y) / this.frame.unit
  }

  circle(x: number, y: number, radius: number, fill: string): void {
    const [cx, cy] = this.#place([x, y])
    this.#add('circle', { cx, cy, r: radius * this.frame.unit, fill })
  }

  ring(x: number, y: number, radius: number, width: number, stroke: string): void {
    const { unit } = this.frame
    const [cx, cy] = this.#place([x, y])
    this.#add('circle', { cx, cy, r: radius * unit, fill: 'none', stroke, 'stroke-width': width * unit })
  }

  ellipse(x: number, y: number, rx: number, ry: number, fill: string, turn = 0): void {
    const { unit } = this.frame
    const [cx, cy] = this.#place([x, y])
    const transform = `rotate(${turn} ${cx} ${cy})`
    this.#add('ellipse', { cx, cy, rx: rx * unit, ry: ry * unit, fill, transform })
  }

  rect(x: number, y: number, width: number, height: number, fill: string): void {
    this.polygon(
      [
        [x, y],
        [x + width, y],
        [x + width, y + height],
        [x, y + height],
      ],
      fill,
    )
  }

  polygon(points: readonly Point[], fill: string): void {
    const text = points.map((p) => this.#place(p).map(round).join(',')).join(' ')
    this.#add('polygon', { points: text, fill })
  }

  /** A polygon as scissors leave it: every corner a little off. */
  cut(points: readonly Point[], fill: string, wobble = 2): void {
    const off = () => this.random.range(-wobble, wobble)
    this.polygon(
      points.map(([x, y]) => [x + off(), y + off()] as const),
      fill,
    )
  }

  line(from: Point, to: Point, width: number, stroke: string): void {
    const [x1, y1] = this.#place(from)
    const [x2, y2] = this.#place(to)
    this.#add('line', { x1, y1, x2, y2, stroke, 'stroke-width': width * this.frame.unit })
  }

  /** A path of SVG commands, in units around the subject; `turn` in degrees. */
  path(
    d: string,
    fill: string,
    options: { stroke?: string; width?: number; at?: Point; turn?: number } = {},
  ): void {
    const { x, y, unit } = this.frame
    const [dx, dy] = options.at ?? [0, 0]
    const transform = `translate(${round(x + dx * unit)} ${round(y + dy * unit)}) rotate(${options.turn ?? 0}) scale(${round(unit)})`
    const stroke = options.stroke ? { stroke: options.stroke, 'stroke-width': options.width ?? 2 } : {}
    this.#add('path', { d, fill, transform, ...stroke })
  }

  /** Paints the whole sheet. */
  flood(fill: string): void {
    this.#add('rect', { x: 0, y: 0, width: this.frame.width, height: this.frame.height, fill })
  }

  #place([x, y]: Point): [number, number] {
    return [this.frame.x + x * this.frame.unit, this.frame.y + y * this.frame.unit]
  }

  #add(
    name: 'circle' | 'ellipse' | 'polygon' | 'line' | 'path' | 'rect',
    attributes: Record<string, string | number>,
  ): void {
    this.#target.append(svgElement(name, attributes))
  }
}

function round(value: number): number {
  return Math.round(value * 100) / 100
}
