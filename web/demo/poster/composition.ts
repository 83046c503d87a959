import type { PaletteName } from './palettes.ts'
import type { Pen } from './pen.ts'

/** How the title is set: `cut` as scissored capitals, `plain` as tight lower case, `book` as a bold roman. */
export type Voice = 'cut' | 'plain' | 'book'

/** One idea for a poster. It draws around the frame's subject and leaves the title's side of the sheet quiet. */
export interface Composition {
  readonly name: string
  readonly palettes: readonly [PaletteName, ...PaletteName[]]
  /** The side of the sheet that is the title's. */
  readonly title: 'top' | 'bottom'
  readonly voices: readonly [Voice, ...Voice[]]
  draw(pen: Pen): void
}

/** Below this line, in units, a sheet with its title at the bottom stays quiet. */
export const FLOOR = 76
