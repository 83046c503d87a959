import { afterEach, describe, expect, test } from 'vitest'
import { palettes } from '../../web/demo/poster/palettes.ts'
import { artworkFor, type PosterFilm, posterFor } from '../../web/demo/poster/posterFor.ts'

const GENRES = [
  'Action',
  'Adventure',
  'Animation',
  'Biography',
  'Comedy',
  'Crime',
  'Documentary',
  'Drama',
  'Family',
  'Fantasy',
  'Film-Noir',
  'History',
  'Horror',
  'Music',
  'Musical',
  'Mystery',
  'Romance',
  'Sci-Fi',
  'Science Fiction',
  'Sport',
  'Thriller',
  'War',
  'Western',
  'Unheard-of',
]
const TITLES = [
  '9',
  'Up',
  'Those Magnificent Men in Their Flying Machines or How I Flew from London to Paris in 25 hours 11 minutes',
  'Donaudampfschifffahrtsgesellschaftskapitän',
  'Borat: Cultural Learnings of America for Make Benefit Glorious Nation of Kazakhstan',
  '七人の侍',
  'الرسالة الأخيرة من القاهرة',
  '<script>alert(1)</script>',
  '',
]
const film = (id: string, genres: readonly string[], title = 'A Title'): PosterFilm => ({
  id,
  title,
  year: 1954,
  genres,
})
const drawing = (svg: SVGElement) => new XMLSerializer().serializeToString(svg)

afterEach(() => document.body.replaceChildren())

describe('a poster', () => {
  test('is the same for the same film, and another one for another', () => {
    expect(drawing(posterFor(film('a', ['Drama'])))).toBe(drawing(posterFor(film('a', ['Drama']))))
    const ids = Array.from({ length: 20 }, (_, i) => `film ${i}`)
    const drawn = ids.map((id) => drawing(posterFor(film(id, ['Drama']))))
    expect(new Set(drawn).size).toBe(ids.length)
  })

  test.each(GENRES)('of %s needs no style attribute and takes its text as text', (genre) => {
    for (let i = 0; i < 12; i++) {
      for (const svg of [
        posterFor(film(`${genre} ${i}`, [genre], '<b>')),
        artworkFor(film(`${i}`, [genre])).svg,
      ]) {
        expect(svg.querySelectorAll('[style], style, script, b')).toHaveLength(0)
        expect(drawing(svg)).not.toMatch(/NaN|undefined|Infinity/)
        expect(svg.childElementCount).toBeGreaterThan(2)
      }
    }
  })

  test.each(TITLES)('keeps the title "%s" on its sheet', (title) => {
    for (let i = 0; i < 12; i++) {
      const svg = posterFor(film(`${i}`, [GENRES[i]!], title))
      document.body.replaceChildren(svg)
      for (const text of svg.querySelectorAll('text')) {
        const { x, y, width, height } = text.getBBox()
        expect(x).toBeGreaterThanOrEqual(0)
        expect(x + width).toBeLessThanOrEqual(200)
        expect(y).toBeGreaterThanOrEqual(0)
        expect(y + height).toBeLessThanOrEqual(300)
      }
    }
  })

  test('has ink that can be read on its ground', () => {
    for (const { ground, ink } of Object.values(palettes))
      expect(contrast(ground, ink)).toBeGreaterThanOrEqual(4.5)
  })
})

/** Contrast ratio of two colours (WCAG 2.2, definition of "contrast ratio"). */
function contrast(a: string, b: string): number {
  const [low, high] = [luminance(a), luminance(b)].sort((x, y) => x - y)
  return (high! + 0.05) / (low! + 0.05)
}

function luminance(colour: string): number {
  const [r, g, b] = [1, 3, 5].map((at) => {
    const value = Number.parseInt(colour.slice(at, at + 2), 16) / 255
    return value <= 0.04045 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4
  })
  return 0.2126 * r! + 0.7152 * g! + 0.0722 * b!
}
