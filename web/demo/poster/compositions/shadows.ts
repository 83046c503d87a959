import { type Composition, FLOOR } from '../composition.ts'
import { figure, hatMan } from '../figures.ts'
import type { Pen, Point } from '../pen.ts'

/** Light through a blind, and somebody who waits. */
export const blinds: Composition = {
  name: 'blinds',
  palettes: ['black', 'mustard', 'ice', 'vermilion'],
  title: 'bottom',
  voices: ['cut', 'plain'],
  draw(pen) {
    const { ink, first, third, ground } = pen.palette
    const slope = pen.random.range(26, 44)
    const light = pen.random.pick([first, third])
    for (let y = pen.top - 10; y < 60; y += 21) {
      pen.cut(
        [
          [-74, y + slope],
          [pen.right + 5, y - slope],
          [pen.right + 5, y - slope + 11],
          [-74, y + slope + 11],
        ],
        light,
        1,
      )
    }
    pen.rect(pen.left, FLOOR, pen.right - pen.left, pen.bottom - FLOOR, ground)
    pen.rect(-84, pen.top, 12, FLOOR - pen.top, ink)
    hatMan(pen, -34 + pen.random.range(0, 50), FLOOR, 112, ink === light ? ground : ink)
  },
}

/** A whirl with somebody in it. */
export const whirl: Composition = {
  name: 'whirl',
  palettes: ['vermilion', 'electric', 'teal', 'plum', 'mustard'],
  title: 'bottom',
  voices: ['cut'],
  draw(pen) {
    const { ink, second, third } = pen.palette
    const turn = pen.random.range(0, 360)
    const colour = pen.random.pick([third, second])
    for (let arm = 0; arm < 11; arm++) {
      let d = ''
      for (let step = 0; step <= 34; step++) {
        const radius = 5 + step * 2.5
        const angle = (arm / 11) * Math.PI * 2 + step * 0.088 + 0.35 * Math.sin(step / 9)
        d += `${step ? 'L' : 'M'}${(radius * Math.cos(angle)).toFixed(1)} ${(radius * 0.96 * Math.sin(angle)).toFixed(1)}`
      }
      pen.path(d, 'none', { stroke: colour, width: 3.1, turn })
    }
    pen.circle(0, 0, 26, pen.palette.ground)
    figure(pen, 0, 24, 46, ink, pen.random.range(-24, 24))
  },
}

/** What can be seen through a keyhole. */
export const keyhole: Composition = {
  name: 'keyhole',
  palettes: ['blood', 'midnight', 'teal', 'plum', 'olive'],
  title: 'bottom',
  voices: ['book', 'cut'],
  draw(pen) {
    const { first, second, third, ink, ground } = pen.palette
    pen.cut(
      [
        [-17, 0],
        [17, 0],
        [66, FLOOR],
        [-66, FLOOR],
      ],
      ink,
      2,
    )
    pen.circle(0, -32, 57, ink)
    eye(pen, [0, -34], 42, { white: ground, iris: pen.random.pick([first, second]), pupil: ink })
    pen.line([-66, FLOOR], [66, FLOOR], 2, third)
  },
}

/** An eye, twice as wide as `size`. */
export function eye(
  pen: Pen,
  at: Point,
  size: number,
  { white, iris, pupil }: { white: string; iris: string; pupil: string },
): void {
  const half = size * 0.56
  pen.path(`M${-size} 0Q0 ${-half * 1.9} ${size} 0Q0 ${half * 1.9} ${-size} 0Z`, white, { at })
  pen.circle(at[0], at[1], half * 0.84, iris)
  pen.circle(at[0], at[1], half * 0.4, pupil)
}

/** An arm in cut paper. */
export const arm: Composition = {
  name: 'arm',
  palettes: ['paper', 'mustard', 'sky', 'vermilion', 'coral'],
  title: 'bottom',
  voices: ['cut'],
  draw(pen) {
    const { ink, first, third } = pen.palette
    const flip = pen.random.chance(0.5) ? 1 : -1
    const at = (points: readonly Point[]) => points.map(([x, y]) => [x * flip, y] as const)
    const field = pen.random.pick([first, third])
    const block = at([
      [-100, -96],
      [62, -104],
      [70, 66],
      [-96, 74],
    ])
    pen.cut(block, field === ink ? third : field, 5)
    const limb = at([
      [-24, pen.top - 6],
      [14, pen.top - 6],
      [18, -62],
      [38, -34],
      [22, 4],
      [46, 34],
      [40, 40],
      [18, 22],
      [24, 62],
      [16, 64],
      [4, 28],
      [0, 70],
      [-8, 70],
      [-8, 28],
      [-22, 58],
      [-30, 54],
      [-20, 18],
      [-38, 30],
      [-42, 23],
      [-18, -10],
      [2, -36],
      [-16, -64],
    ])
    pen.cut(limb, ink, 1.6)
  },
}

/** A door ajar. */
export const door: Composition = {
  name: 'door',
  palettes: ['midnight', 'teal', 'blood', 'forest', 'plum', 'black'],
  title: 'bottom',
  voices: ['book', 'plain', 'cut'],
  draw(pen) {
    const { third, first, ground, ink } = pen.palette
    const light = pen.random.pick([third, first, ink])
    const x = pen.random.range(-34, 6)
    pen.cut(
      [
        [x, -88],
        [x + 44, -88],
        [x + 44, 20],
        [x, 20],
      ],
      light,
      1,
    )
    pen.cut(
      [
        [x, 20],
        [x + 44, 20],
        [x + 90, FLOOR],
        [x - 54, FLOOR],
      ],
      light,
      1,
    )
    pen.cut(
      [
        [x + 44, -88],
        [x + 68, -99],
        [x + 68, 36],
        [x + 44, 20],
      ],
      light === first ? third : first,
      1,
    )
    figure(pen, x + 20, 30, 66, ground)
    pen.polygon(
      [
        [x + 15, 30],
        [x + 25, 30],
        [x + 22, FLOOR],
        [x - 22, FLOOR],
      ],
      ground,
    )
  },
}

/** Stairs that go on. */
export const stairs: Composition = {
  name: 'stairs',
  palettes: ['ice', 'coral', 'sky', 'mustard', 'sand', 'rose'],
  title: 'top',
  voices: ['plain', 'cut'],
  draw(pen) {
    const { first, second, ink } = pen.palette
    const flip = pen.random.chance(0.5) ? 1 : -1
    const count = 7
    for (let i = 0; i < count; i++) {
      const x = -100 + (i * 200) / count
      const y = 92 - i * 24
      pen.polygon(
        [
          [x * flip, y],
          [pen.right * flip * 1.6, y],
          [pen.right * flip * 1.6, pen.bottom],
          [x * flip, pen.bottom],
        ],
        i % 2 ? second : first,
      )
    }
    const step = 2 + pen.random.index(3)
    const x = (-100 + ((step + 0.5) * 200) / count) * flip
    figure(pen, x, 92 - step * 24, 56, ink)
    pen.circle(-62 * flip, -52, 20, pen.palette.third)
  },
}
