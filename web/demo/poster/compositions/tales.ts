import { type Composition, FLOOR } from '../composition.ts'
import { figure } from '../figures.ts'
import type { Point } from '../pen.ts'

/** A saucer, its beam, and somebody in it. */
export const saucer: Composition = {
  name: 'saucer',
  palettes: ['electric', 'forest', 'plum', 'teal', 'vermilion'],
  title: 'bottom',
  voices: ['cut', 'plain'],
  draw(pen) {
    const { first, second, third, ground, ink } = pen.palette
    const tilt = pen.random.range(-10, 10)
    pen.polygon(
      [
        [-22, -42],
        [22, -42],
        [62, FLOOR],
        [-62, FLOOR],
      ],
      third,
    )
    pen.path('M-30 0A30 30 0 0 1 30 0Z', ink, { at: [0, -60], turn: tilt })
    pen.ellipse(0, -56, 70, 17, first, tilt)
    for (const x of [-42, -14, 14, 42]) {
      pen.circle(x, -54 + Math.sin((tilt * Math.PI) / 180) * x, 4.4, first === second ? ink : ground)
    }
    figure(pen, 0, 44, 50, third === ground ? ink : ground, pen.random.range(-14, 14))
    pen.rect(pen.left, FLOOR - 2, pen.right - pen.left, 2, second)
  },
}

/** A helmet, and what is mirrored in it. */
export const helmet: Composition = {
  name: 'helmet',
  palettes: ['mustard', 'midnight', 'coral', 'black', 'teal', 'ice'],
  title: 'bottom',
  voices: ['plain', 'cut'],
  draw(pen) {
    const { first, second, third, ink } = pen.palette
    const shell = ink
    pen.path(`M-88 ${FLOOR + 1}Q-84 34 -40 30H40Q84 34 88 ${FLOOR + 1}Z`, shell)
    pen.circle(0, -24, 66, shell)
    const visor = pen.random.pick([first, second])
    pen.path('M-48 -24A48 42 0 0 1 48 -24A48 40 0 0 1 -48 -24Z', visor)
    const x = pen.random.range(-18, 14)
    pen.circle(x, -34, 14, third)
    pen.path('M-43 -8Q0 -22 43 -8A48 40 0 0 1 -43 -8Z', visor === second ? first : second)
    pen.rect(-14, 46, 28, 15, third)
  },
}

/** The needle that shows where to. */
export const compass: Composition = {
  name: 'compass',
  palettes: ['paper', 'teal', 'vermilion', 'midnight', 'sand', 'mustard'],
  title: 'bottom',
  voices: ['book', 'cut'],
  draw(pen) {
    const { first, second, third, ink, ground } = pen.palette
    const turn = pen.random.range(20, 70)
    pen.circle(0, -14, 80, second)
    pen.circle(0, -14, 68, ground)
    for (let i = 0; i < 8; i++) {
      const length = i % 2 ? 34 : 62
      const fill = i % 2 ? third : ink
      pen.path(`M0 ${-length}L8 -8L0 0Z`, fill, { at: [0, -14], turn: i * 45 })
      pen.path(`M0 ${-length}L-8 -8L0 0Z`, second, { at: [0, -14], turn: i * 45 })
    }
    const needle = first === ink ? third : first
    pen.path('M0 -74L10 0L0 74L-10 0Z', needle, { at: [0, -14], turn })
    pen.circle(0, -14, 6, ground)
  },
}

/** A road, and where it ends. */
export const road: Composition = {
  name: 'road',
  palettes: ['coral', 'sand', 'mustard', 'vermilion', 'teal', 'sky'],
  title: 'top',
  voices: ['cut', 'plain'],
  draw(pen) {
    const { first, second, third, ink } = pen.palette
    const end = pen.random.range(-40, 40)
    pen.circle(end, -14, 44, third)
    pen.rect(pen.left, 2, pen.right - pen.left, pen.bottom - 2, second === ink ? first : second)
    pen.polygon(
      [
        [end - 3, 2],
        [end + 3, 2],
        [78, pen.bottom],
        [-78, pen.bottom],
      ],
      ink,
    )
    for (const [from, to] of [
      [0.06, 0.14],
      [0.22, 0.34],
      [0.45, 0.62],
      [0.76, 1],
    ] as const) {
      const at = (share: number, side: number): Point => [
        end * (1 - share) + side * (0.6 + share * 6),
        2 + share * (pen.bottom - 2),
      ]
      pen.polygon([at(from, -1), at(from, 1), at(to, 1), at(to, -1)], third)
    }
    for (const [x, height] of [
      [-72, 40],
      [70, 52],
    ] as const) {
      pen.cut(
        [
          [x - 9, 6],
          [x, 6 - height],
          [x + 9, 6],
        ],
        ink,
        1.5,
      )
    }
  },
}

/** An umbrella, rain, two pairs of legs. */
export const umbrella: Composition = {
  name: 'umbrella',
  palettes: ['sky', 'midnight', 'coral', 'rose', 'ice', 'mustard'],
  title: 'bottom',
  voices: ['plain', 'book'],
  draw(pen) {
    const { first, second, third, ink } = pen.palette
    for (let i = 0; i < 22; i++) {
      const x = pen.random.range(pen.left, pen.right)
      const y = pen.random.range(pen.top, 50)
      pen.line([x, y], [x - 5, y + 15], 1.6, second)
    }
    const tilt = pen.random.range(-9, 9)
    pen.path('M-72 0A72 66 0 0 1 72 0Q54 -13 36 0Q18 -13 0 0Q-18 -13 -36 0Q-54 -13 -72 0Z', first, {
      at: [0, -22],
      turn: tilt,
    })
    pen.path('M-36 0Q-34 -50 0 -66Q34 -50 36 0Q18 -13 0 0Q-18 -13 -36 0Z', third, {
      at: [0, -22],
      turn: tilt,
    })
    pen.line([0, -24], [0, 34], 3, ink)
    figure(pen, -17, FLOOR - 2, 74, ink)
    figure(pen, 16, FLOOR - 2, 68, ink)
    pen.rect(pen.left, FLOOR - 3, pen.right - pen.left, 2.4, ink)
  },
}

/** The two masks. */
export const masks: Composition = {
  name: 'masks',
  palettes: ['vermilion', 'plum', 'teal', 'mustard', 'paper', 'forest'],
  title: 'bottom',
  voices: ['book', 'cut'],
  draw(pen) {
    const { first, second, third, ink, ground } = pen.palette
    const face = 'M-42 -46Q0 -60 42 -46Q48 22 0 56Q-48 22 -42 -46Z'
    const back = first === ink ? second : first
    const mask = (at: Point, turn: number, fill: string, holes: string, smile: boolean) => {
      pen.path(face, fill, { at, turn })
      pen.path('M-28 -18Q-18 -30 -8 -16Q-18 -12 -28 -18ZM28 -18Q18 -30 8 -16Q18 -12 28 -18Z', holes, {
        at,
        turn,
      })
      const mouth = smile ? 'M-24 10Q0 22 24 10Q18 38 0 38Q-18 38 -24 10Z' : 'M-20 34Q0 6 20 34Q0 22 -20 34Z'
      pen.path(mouth, holes, { at, turn })
    }
    const lean = pen.random.range(8, 18)
    mask([34, -34], lean, back, ground, false)
    mask([-26, -6], -lean, third === back ? ink : third, ground === third ? ink : ground, true)
  },
}

/** A chessboard that goes to the horizon. */
export const board: Composition = {
  name: 'board',
  palettes: ['black', 'blood', 'teal', 'mustard', 'ice', 'plum'],
  title: 'top',
  voices: ['book', 'plain'],
  draw(pen) {
    const { first, second, third, ink } = pen.palette
    const top = 4
    const depth = (row: number) => top + (pen.bottom - top) * (row / 6) ** 1.7
    const spread = (row: number) => 20 + 34 * (row / 6) ** 1.7
    for (let row = 0; row < 6; row++) {
      for (let column = -6; column < 6; column++) {
        const [a, b] = [spread(row), spread(row + 1)]
        const fill = (row + column) % 2 === 0 ? first : third
        const [y, below] = [depth(row), depth(row + 1)]
        pen.polygon(
          [
            [column * a, y],
            [(column + 1) * a, y],
            [(column + 1) * b, below],
            [column * b, below],
          ],
          fill,
        )
      }
    }
    const x = pen.random.range(-34, 34)
    pen.polygon(
      [
        [x - 8, 52],
        [x + 10, 52],
        [x + 78, pen.bottom],
        [x + 40, pen.bottom],
      ],
      second === ink ? first : second,
    )
    figure(pen, x, 56, 78, ink)
    pen.circle(-x * 1.5, -52, 17, second === ink ? first : second)
  },
}
