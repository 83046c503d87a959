import { type Composition, FLOOR } from '../composition.ts'
import { figure } from '../figures.ts'
import type { Point } from '../pen.ts'
import { eye } from './shadows.ts'

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

/** Three claws through the sheet. */
export const claws: Composition = {
  name: 'claws',
  palettes: ['black', 'paper', 'plum', 'mustard', 'forest', 'vermilion'],
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

/** Jaws. */
export const jaws: Composition = {
  name: 'jaws',
  palettes: ['blood', 'black', 'vermilion', 'forest', 'mustard'],
  title: 'bottom',
  voices: ['cut'],
  draw(pen) {
    const { ink, first, third, ground } = pen.palette
    const teeth = (base: number, reach: number) => {
      const points: Point[] = [[pen.left - 2, base]]
      for (let x = pen.left - 2; x < pen.right; x += 29) {
        const tip = base + reach * pen.random.range(0.72, 1.12)
        points.push([x + 14.5 + pen.random.range(-4, 4), tip], [x + 29, base + pen.random.range(-3, 3)])
      }
      return [...points, [pen.right + 30, base] as const]
    }
    pen.rect(pen.left, pen.top, pen.right - pen.left, -66 - pen.top + 4, first)
    pen.polygon(teeth(-66, 58), first)
    pen.polygon(teeth(FLOOR, -50), first)
    pen.rect(pen.left, FLOOR, pen.right - pen.left, pen.bottom - FLOOR, ground)
    eye(pen, [0, 12], 30, { white: ink, iris: third, pupil: ground })
  },
}
