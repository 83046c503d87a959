import { type Composition, FLOOR } from '../composition.ts'
import { bird, figure } from '../figures.ts'
import type { Point } from '../pen.ts'

/** A planet over a horizon. */
export const planet: Composition = {
  name: 'planet',
  palettes: ['electric', 'midnight', 'plum', 'teal', 'black'],
  title: 'bottom',
  voices: ['plain', 'cut'],
  draw(pen) {
    const { first, second, third, ground, ink } = pen.palette
    for (let i = 0; i < 26; i++) {
      pen.circle(
        pen.random.range(pen.left, pen.right),
        pen.random.range(pen.top, FLOOR - 8),
        pen.random.range(0.5, 1.5),
        ink,
      )
    }
    const body = pen.random.pick([first, third])
    const other = body === first ? third : first
    const tilt = pen.random.range(-26, -12) * (pen.random.chance(0.5) ? 1 : -1)
    const ring = 'M-92 0A92 20 0 0 1 92 0'
    pen.path(ring, 'none', { stroke: other, width: 7, turn: tilt, at: [0, -22] })
    pen.circle(0, -22, 52, body)
    pen.path('M-52 0A52 52 0 0 0 52 0A52 33 0 0 1 -52 0Z', second, { at: [0, -22], turn: tilt })
    pen.path('M-92 0A92 20 0 0 0 92 0', 'none', { stroke: other, width: 7, turn: tilt, at: [0, -22] })
    pen.line([pen.left, FLOOR - 4], [pen.right, FLOOR - 4], 1.6, other)
    pen.circle(pen.random.range(-70, 70), 48, 6, ink === ground ? other : ink)
  },
}

/** Orbits, and a ship on its way out. */
export const orbits: Composition = {
  name: 'orbits',
  palettes: ['mustard', 'electric', 'ice', 'vermilion', 'midnight'],
  title: 'top',
  voices: ['plain', 'cut'],
  draw(pen) {
    const { ink, first, second, third } = pen.palette
    const y = 110
    for (let i = 5; i > 0; i--) {
      pen.circle(0, y, i * 31, i % 2 ? first : i === 4 ? second : third)
    }
    pen.circle(0, y, 17, ink)
    const angle = pen.random.range(-2.4, -0.75)
    const nose: Point = [Math.cos(angle) * 152, y + Math.sin(angle) * 152 + 8]
    const [nx, ny] = nose
    const turn = (angle * 180) / Math.PI + 90
    pen.path('M0 -26Q11 -8 9 16L16 30L6 24L0 34L-6 24L-16 30L-9 16Q-11 -8 0 -26Z', ink, {
      at: [nx * 0.72, y + (ny - y) * 0.72],
      turn,
    })
    pen.circle(Math.cos(angle + 1.1) * 93, y + Math.sin(angle + 1.1) * 93, 8, ink)
    pen.circle(Math.cos(angle - 0.8) * 124, y + Math.sin(angle - 0.8) * 124, 5, ink)
  },
}

/** Moon, tower and stars. */
export const tower: Composition = {
  name: 'tower',
  palettes: ['plum', 'midnight', 'forest', 'teal', 'rose'],
  title: 'top',
  voices: ['book', 'cut'],
  draw(pen) {
    const { first, second, third, ink } = pen.palette
    const side = pen.random.chance(0.5) ? 1 : -1
    pen.circle(22 * side, -14, 62, third)
    pen.circle(34 * side, -24, 50, second)
    const stone = pen.palette.ground
    pen.cut(
      [
        [pen.left, 92],
        [-40, 66],
        [10, 80],
        [60, 58],
        [pen.right, 84],
        [pen.right, pen.bottom],
        [pen.left, pen.bottom],
      ],
      first,
    )
    for (const [x, height, width] of [
      [-30, 96, 30],
      [8, 140, 26],
      [38, 78, 26],
    ] as const) {
      const top = 104 - height
      pen.cut(
        [
          [x, top],
          [x + width, top],
          [x + width + 2, 118],
          [x - 2, 118],
        ],
        stone,
        1,
      )
      pen.cut(
        [
          [x - 6, top + 1],
          [x + width / 2, top - 44],
          [x + width + 6, top + 1],
        ],
        ink,
        1,
      )
      pen.rect(x + width / 2 - 3, top + 16, 6, 12, third)
    }
    bird(pen, -62 * side, -36, 24, ink)
    bird(pen, -38 * side, -58, 15, ink)
  },
}

/** Searchlights. */
export const beams: Composition = {
  name: 'beams',
  palettes: ['olive', 'midnight', 'black', 'blood', 'vermilion'],
  title: 'top',
  voices: ['cut'],
  draw(pen) {
    const { first, second, third, ink } = pen.palette
    const spread = pen.random.range(12, 20)
    const crossing = pen.random.range(-16, 16)
    for (const [base, aim, colour] of [
      [-66, 44 + crossing, second],
      [8, -58 + crossing, third],
      [70, -8 + crossing, second],
    ] as const) {
      pen.polygon(
        [
          [base - 4, 84],
          [base + 4, 84],
          [aim + spread, -88],
          [aim - spread, -88],
        ],
        colour,
      )
    }
    pen.circle(crossing + 20, -50, 17, first)
    pen.path('M-20 0A20 20 0 0 1 20 0Z M-20 0L-1 30L1 30L20 0L14 0L0 26L-14 0Z', ink, {
      at: [crossing + 22, -44],
    })
    figure(pen, crossing + 22, 12, 26, ink)
    const ridge: Point[] = [[pen.left, pen.bottom]]
    for (let x = pen.left; x <= pen.right + 12; x += 17) ridge.push([x, 82 + pen.random.range(-7, 7)])
    pen.polygon(
      [...ridge, [pen.right + 12, pen.bottom]],
      ink === '#f6eaca' ? '#1d1d15' : pen.random.pick([first, ink]),
    )
  },
}

/** Poppies, row on row. */
export const poppies: Composition = {
  name: 'poppies',
  palettes: ['paper', 'sky', 'ice', 'sand', 'olive'],
  title: 'top',
  voices: ['book', 'plain'],
  draw(pen) {
    const { ink, first, second } = pen.palette
    for (let i = 0; i < 9; i++) {
      const x = -82 + i * 20.5 + pen.random.range(-5, 5)
      const y = pen.random.range(-58, 34)
      pen.path(
        `M0 0Q${pen.random.range(-14, 14).toFixed(0)} ${((pen.bottom - y) / 2).toFixed(0)} ${pen.random.range(-8, 8).toFixed(0)} ${(pen.bottom - y).toFixed(0)}`,
        'none',
        { stroke: second, width: 2.6, at: [x, y] },
      )
      const size = pen.random.range(12, 20)
      const red = second === first ? ink : first
      pen.circle(x - size * 0.4, y, size * 0.78, red)
      pen.circle(x + size * 0.45, y - 2, size * 0.74, red)
      pen.circle(x, y + size * 0.32, size * 0.72, red)
      pen.circle(x, y + 1, size * 0.3, ink)
    }
  },
}
