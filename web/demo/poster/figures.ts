import type { Pen, Point } from './pen.ts'

/**
 * Somebody, seen from far.
 * @param x where the feet stand
 * @param y the ground
 * @param height in units
 * @param lean degrees off the vertical
 */
export function figure(pen: Pen, x: number, y: number, height: number, fill: string, lean = 0): void {
  const s = height / 100
  const angle = (lean * Math.PI) / 180
  const at = ([px, py]: Point): Point => {
    const [dx, dy] = [px * s, py * s]
    const middle = -50 * s
    return [
      x + dx * Math.cos(angle) - (dy - middle) * Math.sin(angle),
      y + middle + dx * Math.sin(angle) + (dy - middle) * Math.cos(angle),
    ]
  }
  const body: readonly Point[] = [
    [-6, -80],
    [6, -80],
    [17, -74],
    [22, -42],
    [17, -40],
    [13, -58],
    [12, -38],
    [13, 0],
    [4, 0],
    [0, -34],
    [-4, 0],
    [-13, 0],
    [-12, -38],
    [-13, -58],
    [-17, -40],
    [-22, -42],
    [-17, -74],
  ]
  pen.cut(body.map(at), fill, 0.6)
  const [hx, hy] = at([0, -90])
  pen.circle(hx, hy, 9.4 * s, fill)
}

/** Somebody in a hat and a long coat. */
export function hatMan(pen: Pen, x: number, y: number, height: number, fill: string): void {
  const s = height / 100
  const shape = (points: readonly Point[]) =>
    pen.cut(
      points.map(([px, py]) => [x + px * s, y + py * s] as const),
      fill,
      0.5,
    )
  shape([
    [-17, -89],
    [17, -89],
    [19, -86],
    [-19, -86],
  ])
  shape([
    [-10, -88],
    [-9, -99],
    [-2, -97],
    [8, -100],
    [10, -88],
  ])
  shape([
    [-7, -87],
    [7, -87],
    [7, -79],
    [3, -75],
    [-4, -75],
  ])
  shape([
    [-5, -77],
    [6, -77],
    [20, -71],
    [25, -38],
    [18, -36],
    [19, -14],
    [9, -14],
    [9, 0],
    [1, 0],
    [0, -14],
    [-2, 0],
    [-10, 0],
    [-9, -14],
    [-19, -14],
    [-17, -36],
    [-25, -38],
    [-20, -71],
  ])
}

/** A bird in flight, made of one cut. */
export function bird(pen: Pen, x: number, y: number, size: number, fill: string): void {
  const s = size / 20
  pen.polygon(
    [
      [x - 10 * s, y - 4 * s],
      [x - 4 * s, y - 4 * s],
      [x, y],
      [x + 5 * s, y - 6 * s],
      [x + 11 * s, y - 5 * s],
      [x + 1 * s, y + 5 * s],
    ],
    fill,
  )
}
