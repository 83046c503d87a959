import type { Composition } from '../composition.ts'
import { bird, figure } from '../figures.ts'
import type { Point } from '../pen.ts'

/** Sun and mesas. */
export const mesas: Composition = {
  name: 'mesas',
  palettes: ['sand', 'vermilion', 'mustard', 'coral', 'blood'],
  title: 'top',
  voices: ['book', 'cut'],
  draw(pen) {
    const { ink, first, second, third } = pen.palette
    const sun = pen.random.range(-36, 36)
    pen.circle(sun, -18, 54, third)
    const mesa = (x: number, top: number, width: number, colour: string) =>
      pen.cut(
        [
          [x - width / 2, top],
          [x + width / 2, top],
          [x + width / 2 + 8, 22],
          [x + width / 2 + 34, 60],
          [x - width / 2 - 34, 60],
          [x - width / 2 - 8, 22],
        ],
        colour,
        2.4,
      )
    mesa(sun > 0 ? -52 : 56, -34, 52, second)
    mesa(sun > 0 ? 66 : -66, -4, 34, second)
    pen.rect(pen.left, 56, pen.right - pen.left, pen.bottom - 56, first)
    const side = pen.random.chance(0.5) ? 1 : -1
    const x = 52 * side
    const trunk = ink
    pen.path('M-7 60V-44Q-7 -52 0 -52Q7 -52 7 -44V60Z', trunk, { at: [x, 40] })
    pen.path('M0 8H-22V-14', 'none', { stroke: trunk, width: 10, at: [x, 40] })
    pen.path('M0 -6H22V-30', 'none', { stroke: trunk, width: 10, at: [x, 40] })
    figure(pen, -26 * side, 86, 34, ink)
  },
}

/** Peaks, and the one who wants to be up there. */
export const peaks: Composition = {
  name: 'peaks',
  palettes: ['sky', 'coral', 'teal', 'ice', 'forest', 'mustard'],
  title: 'top',
  voices: ['cut', 'plain'],
  draw(pen) {
    const { ink, first, second, third } = pen.palette
    pen.circle(pen.random.range(-56, 56), -56, 24, first)
    const peak = (x: number, top: number, half: number, colour: string, snow: string) => {
      pen.cut(
        [
          [x, top],
          [x + half, pen.bottom],
          [x - half, pen.bottom],
        ],
        colour,
        2,
      )
      const share = 0.22
      const height = pen.bottom - top
      pen.polygon(
        [
          [x, top],
          [x + half * share, top + height * share],
          [x + half * 0.07, top + height * 0.16],
          [x - half * 0.05, top + height * 0.25],
          [x - half * 0.1, top + height * 0.17],
          [x - half * share, top + height * share],
        ],
        snow,
      )
    }
    const lead = pen.random.range(-26, 26)
    peak(lead + 58, -18, 92, second, third)
    peak(lead - 46, -52, 104, ink, third)
    pen.cut(
      [
        [pen.left, 74],
        [-20, 54],
        [44, 76],
        [pen.right, 62],
        [pen.right, pen.bottom],
        [pen.left, pen.bottom],
      ],
      first,
      2,
    )
    figure(pen, -20, 56, 26, pen.palette.ground === ink ? third : pen.palette.ground)
  },
}

/** A boat and much sea. */
export const waves: Composition = {
  name: 'waves',
  palettes: ['teal', 'sky', 'midnight', 'coral', 'ice'],
  title: 'top',
  voices: ['plain', 'book'],
  draw(pen) {
    const { first, second, third, ink } = pen.palette
    const x = pen.random.range(-30, 30)
    pen.circle(-x, -44, 30, first)
    pen.cut(
      [
        [x - 30, 8],
        [x + 34, 8],
        [x + 18, 42],
        [x - 16, 42],
      ],
      ink,
      1,
    )
    pen.cut(
      [
        [x - 2, -66],
        [x + 34, 0],
        [x - 2, 2],
      ],
      third,
      1,
    )
    pen.cut(
      [
        [x - 8, -54],
        [x - 8, 2],
        [x - 30, 0],
      ],
      third,
      1,
    )
    const colours = [second, first, ink] as const
    for (let row = 0; row < 3; row++) {
      let d = `M${pen.left - 30} ${pen.bottom + 10}V${24 + row * 27}`
      for (let step = pen.left - 30; step < pen.right + 40; step += 40) d += 'q10 -13 20 0t20 0'
      pen.path(`${d}V${pen.bottom + 10}Z`, colours[row] ?? ink, { at: [pen.random.range(-14, 14), 0] })
    }
    bird(pen, -x + 46, -70, 20, ink)
  },
}

/** Columns and an arch. */
export const arches: Composition = {
  name: 'arches',
  palettes: ['sand', 'paper', 'blood', 'rose', 'olive'],
  title: 'top',
  voices: ['book'],
  draw(pen) {
    const { first, second, third, ink } = pen.palette
    const colours = [first, second, third] as const
    const shift = pen.random.index(3)
    for (let i = 0; i < 4; i++) {
      const half = 84 - i * 21
      const colour = i === 3 ? ink : (colours[(i + shift) % 3] ?? first)
      pen.path(`M${-half} ${pen.bottom + 5}V4A${half} ${half} 0 0 1 ${half} 4V${pen.bottom + 5}Z`, colour)
    }
    figure(pen, 0, pen.bottom - 4, 56, pen.palette.ground === ink ? third : pen.palette.ground)
  },
}

/** Lanes of a track, and a ball or a runner in front. */
export const lanes: Composition = {
  name: 'lanes',
  palettes: ['vermilion', 'forest', 'electric', 'mustard', 'teal'],
  title: 'top',
  voices: ['cut', 'plain'],
  draw(pen) {
    const { third, second, ink } = pen.palette
    const side = pen.random.chance(0.5) ? 1 : -1
    for (let i = 0; i < 6; i++) pen.ring(96 * side, 104, 56 + i * 25, 12, i % 2 ? second : third)
    const runner: readonly Point[] = [
      [0, -40],
      [12, -34],
      [26, -20],
      [38, -26],
      [41, -20],
      [25, -9],
      [13, -18],
      [9, 0],
      [26, 14],
      [18, 44],
      [10, 42],
      [14, 20],
      [-6, 8],
      [-18, 26],
      [-42, 24],
      [-41, 17],
      [-22, 16],
      [-10, -4],
      [-6, -22],
      [-20, -10],
      [-27, -16],
      [-12, -34],
    ]
    const x = -18 * side
    pen.cut(
      runner.map(([px, py]) => [x + px * 1.35 * side, 16 + py * 1.35] as const),
      ink,
      0.8,
    )
    pen.circle(x + 14 * side, -50, 13, ink)
  },
}
