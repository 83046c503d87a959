/** Few flat colours, as a screen printer would mix them. `ink` is legible on `ground` (at least 4.5:1). */
export interface Palette {
  readonly ground: string
  readonly ink: string
  readonly first: string
  readonly second: string
  readonly third: string
}

const palette = (ground: string, ink: string, first: string, second: string, third: string): Palette => ({
  ground,
  ink,
  first,
  second,
  third,
})

export const palettes = {
  vermilion: palette('#de4a2a', '#15100c', '#15100c', '#f8ead1', '#f3b63c'),
  paper: palette('#f3e7d0', '#1b1613', '#d5402a', '#1f4e5f', '#e7a33c'),
  midnight: palette('#141a30', '#f5e8ce', '#e2502f', '#40609f', '#f0c05a'),
  teal: palette('#11606a', '#fbefd8', '#f2b134', '#0b2d33', '#ee5a3e'),
  mustard: palette('#edb137', '#1c1610', '#c93a22', '#1f3b4d', '#fff3d6'),
  black: palette('#151311', '#f4e7cd', '#e5482d', '#6f6a5f', '#efb637'),
  rose: palette('#f4cdc3', '#3a1020', '#cb2c42', '#7a1734', '#fdf0e2'),
  plum: palette('#3a1c4a', '#fae8d2', '#ec5468', '#f3a03b', '#7f4fa3'),
  forest: palette('#1d4135', '#f4e9cd', '#e2a530', '#7fa650', '#dc5833'),
  sky: palette('#93c6c9', '#13252d', '#d9482b', '#22566b', '#f7eed8'),
  sand: palette('#ebc58c', '#351709', '#c8492a', '#8b2e1b', '#f9e8c4'),
  ice: palette('#e4ebe6', '#14262e', '#d2452d', '#2c6e8a', '#9dbcbf'),
  blood: palette('#9c1b1b', '#fcead4', '#120c0b', '#ebcba2', '#e2452f'),
  electric: palette('#0e1233', '#f3ebd9', '#ff5f40', '#1fa9a6', '#f7c948'),
  olive: palette('#4f4f29', '#f6eaca', '#1d1d15', '#dca53c', '#c54c2e'),
  coral: palette('#f0795b', '#1f1013', '#fdf0dc', '#17495a', '#f8cf64'),
} as const satisfies Record<string, Palette>

export type PaletteName = keyof typeof palettes
