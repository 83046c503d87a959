import { type Composition, FLOOR } from '../composition.ts'
import type { Point } from '../pen.ts'
import { seededRandom } from '../seededRandom.ts'

/** Two circles and what they share. */
export const overlap: Composition = {
  name: 'overlap',
  palettes: ['rose', 'paper', 'plum', 'coral', 'sky'],
  title: 'bottom',
  voices: ['book', 'plain'],
  draw(pen) {
    const { first, second, third, ink } = pen.palette
    const radius = 56
    const apart = pen.random.range(24, 33)
    const tilt = pen.random.range(-32, 32)
    const half = Math.sqrt(radius ** 2 - apart ** 2)
    const angle = (tilt * Math.PI) / 180
    const [dx, dy] = [Math.cos(angle) * apart, Math.sin(angle) * apart]
    pen.circle(-dx, -dy - 12, radius, first)
    pen.circle(dx, dy - 12, radius, pen.random.pick([second, third]))
    pen.path(`M0 ${-half}A${radius} ${radius} 0 0 1 0 ${half}A${radius} ${radius} 0 0 1 0 ${-half}Z`, ink, {
      at: [0, -12],
      turn: tilt,
    })
    pen.circle(0, -12, 6, pen.palette.ground)
  },
}

/** Two faces that look at one another. */
export const faces: Composition = {
  name: 'faces',
  palettes: ['coral', 'mustard', 'teal', 'rose', 'ice', 'paper'],
  title: 'bottom',
  voices: ['plain', 'book', 'cut'],
  draw(pen) {
    const { first, second, ink } = pen.palette
    const profile =
      'M-100 -120L-46 -118Q-30 -104 -31 -84L-33 -72L-13 -46L-26 -41L-20 -31L-27 -26L-22 -19L-30 -8L-32 6L-56 10L-60 40L-36 62L-100 84Z'
    const mirrored = profile.replace(/(-?\d+) (-?\d+)/g, (_, x: string, y: string) => `${-Number(x)} ${y}`)
    const apart = pen.random.range(-3, 7)
    const colour = first === ink ? second : first
    pen.path(profile, colour, { at: [-apart, 8] })
    pen.path(mirrored, second === colour ? ink : second, { at: [apart, 8] })
    for (const side of [-1, 1]) pen.circle((46 + apart) * side, -60, 4, pen.palette.ground)
    pen.rect(pen.left, FLOOR, pen.right - pen.left, pen.bottom - FLOOR, pen.palette.ground)
  },
}

/** A moon in two halves that do not fit. */
export const halves: Composition = {
  name: 'halves',
  palettes: ['midnight', 'vermilion', 'ice', 'forest', 'mustard', 'plum'],
  title: 'bottom',
  voices: ['plain', 'cut', 'book'],
  draw(pen) {
    const { first, second, third, ink } = pen.palette
    const radius = 74
    const slip = pen.random.range(14, 30)
    const turn = pen.random.range(-40, 40)
    const a = pen.random.pick([first, third])
    pen.path(`M0 ${-radius}A${radius} ${radius} 0 0 0 0 ${radius}Z`, a, { at: [-2, -16 - slip / 2], turn })
    pen.path(`M0 ${-radius}A${radius} ${radius} 0 0 1 0 ${radius}Z`, a === first ? ink : second, {
      at: [2, -16 + slip / 2],
      turn,
    })
  },
}

/** A grin. */
export const grin: Composition = {
  name: 'grin',
  palettes: ['mustard', 'coral', 'sky', 'vermilion', 'rose', 'teal'],
  title: 'top',
  voices: ['cut', 'plain'],
  draw(pen) {
    const { ink, first, second, third } = pen.palette
    const tilt = pen.random.range(-9, 9)
    const mouth = pen.random.pick([ink, first === ink ? second : first])
    pen.path('M-76 0L76 0A76 72 0 0 1 -76 0Z', mouth, { at: [0, 8], turn: tilt })
    pen.path('M-62 0L62 0L60 13L-60 13Z', third === mouth ? ink : third, { at: [0, 8], turn: tilt })
    pen.path('M-34 70A38 34 0 0 1 38 66Q4 84 -34 70Z', mouth === second ? first : second, {
      at: [0, 3],
      turn: tilt,
    })
    pen.circle(-36, -42, 22, third)
    pen.circle(-36 + pen.random.range(-6, 6), -40, 9, ink)
    if (pen.random.chance(0.5))
      pen.path('M-22 4Q0 -22 22 4', 'none', { stroke: ink, width: 9, at: [38, -42] })
    else {
      pen.cut(
        [
          [18, -62],
          [60, -60],
          [58, -22],
          [16, -24],
        ],
        third,
        2,
      )
      pen.circle(38 + pen.random.range(-6, 6), -40, 9, ink)
    }
  },
}

/** Things thrown into the air. */
export const confetti: Composition = {
  name: 'confetti',
  palettes: ['paper', 'electric', 'coral', 'sky', 'mustard', 'ice'],
  title: 'bottom',
  voices: ['cut', 'plain'],
  draw(pen) {
    const { first, second, third, ink } = pen.palette
    const colours = [first, second, third, ink] as const
    for (let i = 0; i < 16; i++) {
      const x = -76 + (i % 4) * 51 + pen.random.range(-11, 11)
      const y = -90 + Math.floor(i / 4) * 44 + pen.random.range(-9, 9)
      const size = pen.random.range(10, 20)
      const fill = colours[(i + Math.floor(i / 4)) % 4] ?? first
      const turn = pen.random.range(0, 180)
      const shape = pen.random.index(5)
      if (shape === 0) pen.circle(x, y, size * 0.85, fill)
      else if (shape === 1) pen.ring(x, y, size * 0.7, size * 0.42, fill)
      else if (shape === 2)
        pen.path(`M${-size} ${size * 0.7}L0 ${-size}L${size} ${size * 0.7}Z`, fill, { at: [x, y], turn })
      else if (shape === 3)
        pen.path(`M${-size} ${-size * 0.4}H${size}V${size * 0.4}H${-size}Z`, fill, { at: [x, y], turn })
      else pen.path(`M${-size} 0A${size} ${size} 0 0 1 ${size} 0Z`, fill, { at: [x, y], turn })
    }
  },
}

/** Round fellows. */
export const fellows: Composition = {
  name: 'fellows',
  palettes: ['sky', 'coral', 'mustard', 'plum', 'rose', 'teal'],
  title: 'top',
  voices: ['plain', 'cut'],
  draw(pen) {
    const { first, second, third, ground, ink } = pen.palette
    const colours = [first, third, second] as const
    const order = pen.random.index(3)
    const places: readonly Point[] = [
      [-46, 34],
      [48, 22],
      [0, 84],
    ]
    places.forEach(([x, y], i) => {
      const r = [52, 44, 58][i] ?? 50
      const fill = colours[(i + order) % 3] ?? first
      const ears = seededRandom(`${i}${order}${pen.random.index(99)}`)
      if (ears.chance(0.6)) {
        pen.ellipse(x - r * 0.5, y - r * 0.86, r * 0.2, r * 0.5, fill, -18)
        pen.ellipse(x + r * 0.5, y - r * 0.86, r * 0.2, r * 0.5, fill, 18)
      }
      pen.path(`M${-r} ${r * 2.4}V0A${r} ${r} 0 0 1 ${r} 0V${r * 2.4}Z`, fill, { at: [x, y] })
      const white = '#fdf6e6'
      const look = ears.range(-3, 3)
      for (const side of [-1, 1]) {
        pen.circle(x + side * r * 0.34, y - r * 0.14, r * 0.22, white)
        pen.circle(x + side * r * 0.34 + look, y - r * 0.12, r * 0.1, fill === ink ? ground : '#1b1613')
      }
      pen.path(`M${-r * 0.2} 0Q0 ${r * 0.2} ${r * 0.2} 0`, 'none', {
        stroke: '#1b1613',
        width: 2.6,
        at: [x, y + r * 0.24],
      })
    })
  },
}
