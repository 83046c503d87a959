import { type Composition, FLOOR } from '../composition.ts'
import { figure } from '../figures.ts'
import type { Point } from '../pen.ts'

/** A lens. */
export const lens: Composition = {
  name: 'lens',
  palettes: ['mustard', 'black', 'sky', 'coral', 'ice', 'olive'],
  title: 'bottom',
  voices: ['plain', 'cut'],
  draw(pen) {
    const { ink, first, second, third, ground } = pen.palette
    pen.cut(
      [
        [-84, -92],
        [84, -96],
        [86, 72],
        [-82, 70],
      ],
      ink,
      3,
    )
    const colours = [
      first === ink ? second : first,
      ground,
      third,
      ink === '#1c1610' ? second : first,
    ] as const
    ;[66, 52, 38, 24].forEach((r, i) => {
      pen.circle(0, -12, r, colours[i] ?? ground)
    })
    pen.circle(0, -12, 13, ink)
    pen.circle(-16, -30, 7, '#fdf6e6')
  },
}

/** A record. */
export const record: Composition = {
  name: 'record',
  palettes: ['coral', 'mustard', 'vermilion', 'teal', 'plum', 'paper'],
  title: 'bottom',
  voices: ['plain', 'cut', 'book'],
  draw(pen) {
    const { ink, first, third, ground } = pen.palette
    const dark = '#15100c'
    pen.circle(0, -12, 84, dark)
    for (let r = 78; r > 38; r -= 6.5) pen.ring(0, -12, r, 0.9, ground)
    pen.circle(0, -12, 32, first === dark ? third : first)
    pen.circle(0, -12, 6, ground)
    const from = pen.random.range(-60, -20)
    const angle = (from * Math.PI) / 180
    pen.path(
      `M0 0L${90 * Math.cos(angle)} ${90 * Math.sin(angle)}A90 90 0 0 1 ${90 * Math.cos(angle + 0.32)} ${90 * Math.sin(angle + 0.32)}Z`,
      ground,
      { at: [0, -12] },
    )
    pen.circle(0, -12, 6, ink === ground ? third : ink)
  },
}

/** Keys, played. */
export const keys: Composition = {
  name: 'keys',
  palettes: ['vermilion', 'electric', 'rose', 'mustard', 'midnight'],
  title: 'top',
  voices: ['cut', 'book'],
  draw(pen) {
    const { third, first } = pen.palette
    const phase = pen.random.range(0, 6)
    const bend = (x: number) => Math.sin(x / 46 + phase) * 20
    const [white, black] = ['#fdf3df', '#15100c']
    const edge = (x: number, y: number): Point => [x, y + bend(x)]
    for (let i = 0; i < 8; i++) {
      const x = pen.left + (i * (pen.right - pen.left)) / 8
      const width = (pen.right - pen.left) / 8
      pen.polygon(
        [
          edge(x + 0.9, -26),
          edge(x + width - 0.9, -26),
          [x + width - 0.9, pen.bottom],
          [x + 0.9, pen.bottom],
        ],
        i === 3 ? third : white,
      )
    }
    for (const i of [1, 2, 4, 5, 6]) {
      const x = pen.left + (i * (pen.right - pen.left)) / 8
      pen.polygon([edge(x - 8, -26), edge(x + 8, -26), [x + 8, 56], [x - 8, 56]], black)
    }
    pen.circle(pen.random.range(-50, 50), -66, 15, first === pen.palette.ground ? third : first)
  },
}

/** A head, and what goes on in it. */
export const head: Composition = {
  name: 'head',
  palettes: ['mustard', 'rose', 'teal', 'ice', 'vermilion', 'sand'],
  title: 'bottom',
  voices: ['book', 'plain'],
  draw(pen) {
    const { ink, first, second, third } = pen.palette
    const side = pen.random.chance(0.5) ? 1 : -1
    const outline: readonly Point[] = [
      [-30, 86],
      [-26, 46],
      [-50, 20],
      [-58, -20],
      [-46, -64],
      [-12, -90],
      [28, -88],
      [52, -62],
      [54, -38],
      [70, -8],
      [56, 0],
      [60, 14],
      [53, 20],
      [56, 30],
      [48, 48],
      [24, 50],
      [26, 86],
    ]
    pen.cut(
      outline.map(([x, y]) => [x * side, y] as const),
      ink,
      1,
    )
    const inside = [
      first === ink ? third : first,
      pen.palette.ground,
      second === ink ? third : second,
      third,
    ] as const
    ;[37, 28, 19, 10].forEach((r, i) => {
      pen.circle(-4 * side, -34, r, inside[i] ?? third)
    })
    pen.rect(pen.left, FLOOR, pen.right - pen.left, pen.bottom - FLOOR, pen.palette.ground)
  },
}

/** Balloons over roofs. */
export const balloons: Composition = {
  name: 'balloons',
  palettes: ['sky', 'paper', 'rose', 'coral', 'ice', 'teal'],
  title: 'top',
  voices: ['plain', 'cut'],
  draw(pen) {
    const { ink, first, second, third } = pen.palette
    const colours = [first, second, third] as const
    const hand: Point = [pen.random.range(-20, 20), 42]
    ;(
      [
        [-44, -38, 25],
        [0, -56, 29],
        [45, -34, 24],
      ] as const
    ).forEach(([x, y, r], i) => {
      pen.line([x, y + r], hand, 1.4, ink)
      pen.ellipse(x, y, r, r * 1.18, colours[i] ?? first)
    })
    figure(pen, hand[0] + 7, 88, 52, ink)
    let x = pen.left - 6
    let i = 0
    while (x < pen.right) {
      const width = pen.random.range(28, 44)
      const top = 84 + pen.random.range(-4, 10)
      pen.cut(
        [
          [x, top],
          [x + width / 2, top - 18],
          [x + width, top],
          [x + width, pen.bottom + 4],
          [x, pen.bottom + 4],
        ],
        i++ % 2 ? ink : second,
        1,
      )
      x += width - 1
    }
  },
}
