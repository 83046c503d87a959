/** A rectangle in pixels, from its top left corner. */
export interface Box {
  readonly x: number
  readonly y: number
  readonly width: number
  readonly height: number
}

interface Area {
  readonly left: number
  readonly right: number
  readonly top: number
  readonly bottom: number
}

/**
 * Places of labels beside their dots, so that none covers a dot or another label and all lie in the area. Greedy, the
 * first dots first: right, left, above, below, then farther and farther away. Where no free place is left the one that
 * covers least is taken.
 * @param obstacles what else must stay free, e.g. lines
 */
export function placeLabels(
  dots: readonly Box[],
  sizes: readonly { readonly width: number; readonly height: number }[],
  area: Area,
  obstacles: readonly Box[] = [],
): Box[] {
  const placed: Box[] = []
  for (const [d, dot] of dots.entries()) {
    const { width, height } = sizes[d]!
    let best: { box: Box; covered: number } | null = null
    for (const [x, y] of places(dot, width, height)) {
      const box = {
        x: Math.min(Math.max(x, area.left), Math.max(area.left, area.right - width)),
        y: Math.min(Math.max(y, area.top), Math.max(area.top, area.bottom - height)),
        width,
        height,
      }
      const covered = [...dots, ...placed, ...obstacles].reduce((sum, other) => sum + overlap(box, other), 0)
      if (best === null || covered < best.covered) best = { box, covered }
      if (covered === 0) break
    }
    placed.push(best!.box)
  }
  return placed
}

function* places(dot: Box, width: number, height: number): Generator<[number, number]> {
  const [cx, cy] = [dot.x + dot.width / 2, dot.y + dot.height / 2]
  for (let ring = 0; ring < 12; ring++) {
    const gap = 4 + ring * 7
    yield [dot.x + dot.width + gap, cy - height / 2]
    yield [dot.x - gap - width, cy - height / 2]
    yield [cx - width / 2, dot.y - gap - height]
    yield [cx - width / 2, dot.y + dot.height + gap]
    yield [cx + 4, dot.y - gap - height]
    yield [cx + 4, dot.y + dot.height + gap]
    yield [cx - 4 - width, dot.y - gap - height]
    yield [cx - 4 - width, dot.y + dot.height + gap]
  }
}

/** Common area in square pixels. */
export function overlap(a: Box, b: Box): number {
  const width = Math.min(a.x + a.width, b.x + b.width) - Math.max(a.x, b.x)
  const height = Math.min(a.y + a.height, b.y + b.height) - Math.max(a.y, b.y)
  return width > 0 && height > 0 ? width * height : 0
}
