import { type Composition, FLOOR } from '../composition.ts'
import { figure } from '../figures.ts'
import type { Point } from '../pen.ts'
import { eye } from './shadows.ts'

/** Jaws. */
export const jaws: Composition = {
  name: 'jaws',
  palettes: ['blood', 'black', 'vermilion', 'forest'],
  title: 'bottom',
  voices: ['cut'],
  draw(pen) {
    const { ink, first, third } = pen.palette
    const dark = pen.palette.ground === '#151311' ? first : first
    const row = (edge: number, tip: number) => {
      const points: Point[] = [[pen.left - 4, edge]]
      for (let x = pen.left - 4; x < pen.right + 20; x += 25) {
        points.push([x + pen.random.range(-3, 3), tip * 0.3], [x + 12, tip + pen.random.range(-9, 9)])
      }
      return [...points, [pen.right + 20, edge] as const]
    }
    pen.polygon(
      row(pen.top - 2, -24).map(([x, y]) => [x, y - 30] as const),
      dark,
    )
    pen.polygon(
      row(124, -14).map(([x, y]) => [x, y === 124 ? 88 : 78 - (y + 20) * -0.8 - 16] as const),
      dark,
    )
    eye(pen, 0, 6, 40, third, ink)
  },
}

/** Three claws through the sheet. */
export const claws: Composition = {
  name: 'claws',
  palettes: ['black', 'paper', 'plum', 'ice', 'forest'],
  title: 'bottom',
  voices: ['cut', 'book'],
  draw(pen) {
    const { first } = pen.palette
    const lean = pen.random.range(12, 34) * (pen.random.chance(0.5) ? 1 : -1)
    for (let i = 0; i < 4; i++) {
      const x = -62 + i * 40
      const drop = i === 0 || i === 3 ? 22 : 0
      pen.cut(
        [
          [x + lean, -100 + drop],
          [x + lean * 0.4 + 13, -36],
          [x + 9, 18],
          [x - lean * 0.7, 78 - drop],
          [x - 9, 14],
          [x + lean * 0.4 - 9, -30],
        ],
        first,
        3,
      )
    }
  },
}

/** A grid of quarter circles, as in an atlas. */
export const modules: Composition = {
  name: 'modules',
  palettes: ['paper', 'ice', 'sky', 'teal', 'sand', 'electric'],
  title: 'bottom',
  voices: ['plain'],
  draw(pen) {
    const { first, second, third, ink } = pen.palette
    const cell = 44
    const colours = [first, second, third, ink] as const
    for (let row = 0; row < 4; row++) {
      for (let column = 0; column < 4; column++) {
        const at: Point = [-66 + column * cell, -76 + row * cell]
        const fill = colours[pen.random.index(4)] ?? first
        const turn = pen.random.index(4) * 90
        const h = cell / 2
        const shape = pen.random.index(5)
        if (shape < 2) pen.path(`M${-h} ${-h}A${cell} ${cell} 0 0 1 ${h} ${h}H${-h}Z`, fill, { at, turn })
        else if (shape === 2) pen.circle(at[0], at[1], h, fill)
        else if (shape === 3) pen.path(`M${-h} 0A${h} ${h} 0 0 1 ${h} 0Z`, fill, { at, turn })
        else pen.circle(at[0], at[1], h * 0.32, fill)
      }
    }
  },
}

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

/** A wall of windows, one of them lit. */
export const windows: Composition = {
  name: 'windows',
  palettes: ['midnight', 'teal', 'vermilion', 'black', 'plum', 'forest'],
  title: 'bottom',
  voices: ['cut', 'plain', 'book'],
  draw(pen) {
    const { third, second, ground, ink } = pen.palette
    const lit = 5 + pen.random.index(6)
    for (let i = 0; i < 16; i++) {
      const x = -82 + (i % 4) * 43
      const y = -98 + Math.floor(i / 4) * 43
      const fill = i === lit ? third : second
      pen.cut(
        [
          [x, y],
          [x + 34, y],
          [x + 34, y + 36],
          [x, y + 36],
        ],
        fill,
        1.2,
      )
      if (i === lit) figure(pen, x + 17, y + 38, 33, ground)
      else if (pen.random.chance(0.3))
        pen.rect(x, y, 34, pen.random.range(10, 26), ink === second ? third : ground)
    }
    pen.rect(pen.left, FLOOR, pen.right - pen.left, pen.bottom - FLOOR, ground)
  },
}

/** Wedges that burst from a point. */
export const burst: Composition = {
  name: 'burst',
  palettes: ['mustard', 'vermilion', 'electric', 'blood', 'coral', 'black'],
  title: 'bottom',
  voices: ['cut'],
  draw(pen) {
    const { ink, first, third, second, ground } = pen.palette
    const [x, y] = [pen.random.range(-30, 30), pen.random.range(-24, 6)]
    const colour = pen.random.pick([third, first === ground ? second : first])
    const count = 13
    for (let i = 0; i < count; i++) {
      const a = (i / count) * Math.PI * 2 + 0.12
      const b = a + (Math.PI / count) * 1.05
      const far = 260
      pen.polygon(
        [
          [x, y],
          [x + Math.cos(a) * far, y + Math.sin(a) * far],
          [x + Math.cos(b) * far, y + Math.sin(b) * far],
        ],
        colour,
      )
    }
    pen.rect(pen.left, FLOOR, pen.right - pen.left, pen.bottom - FLOOR, ground)
    const points: Point[] = []
    for (let i = 0; i < 18; i++) {
      const r = i % 2 ? pen.random.range(24, 32) : pen.random.range(44, 62)
      points.push([x + Math.cos((i / 18) * Math.PI * 2) * r, y + Math.sin((i / 18) * Math.PI * 2) * r])
    }
    pen.polygon(points, ink === colour ? third : ink)
    figure(pen, x, y + 24, 46, ground, pen.random.range(-18, 18))
  },
}

/** Arrows at speed. */
export const arrows: Composition = {
  name: 'arrows',
  palettes: ['paper', 'vermilion', 'sky', 'electric', 'teal', 'coral'],
  title: 'bottom',
  voices: ['cut', 'plain'],
  draw(pen) {
    const { ink, first, second, third } = pen.palette
    const side = pen.random.chance(0.5) ? 1 : -1
    const colours = [first === pen.palette.ground ? third : first, second, third, ink] as const
    const shift = pen.random.index(4)
    for (let i = 0; i < 5; i++) {
      const y = -94 + i * 37
      const reach = pen.random.range(-6, 78)
      const tail = pen.random.range(-120, -74)
      pen.cut(
        (
          [
            [tail, y],
            [reach, y],
            [reach + 17, y + 15],
            [reach, y + 30],
            [tail, y + 30],
            [tail + 15, y + 15],
          ] as const
        ).map(([px, py]) => [px * side, py] as const),
        colours[(i + shift) % 4] ?? first,
        1.4,
      )
    }
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
