import type { ForYouElement, Slate } from '../../index.ts'

/**
 * Lists that are the same for everybody have much in common with one another. Each row here leaves out what the rows before it
 * show, and waits until they stand: else it would show films and take them back a moment later.
 */
export function withoutRepeats(rows: readonly ForYouElement[]): void {
  const shown = new Map<ForYouElement, readonly string[]>()
  rows.forEach((row, place) => {
    const before = rows.slice(0, place)
    row.addEventListener('foryou:render', (event) => {
      const taken = new Set(before.flatMap((other) => shown.get(other) ?? []))
      const ready = before.every((other) => shown.has(other))
      if (!ready || itemsOf(event).some((item) => taken.has(item))) event.preventDefault()
    })
    row.addEventListener('foryou:slate', (event) => {
      shown.set(row, itemsOf(event))
      const next = rows[place + 1]
      const exclude = [...before, row].flatMap((other) => shown.get(other) ?? [])
      const controls = JSON.stringify(exclude.length > 0 ? { exclude } : {})
      if (next && next.getAttribute('controls') !== controls) next.setAttribute('controls', controls)
    })
  })
}

function itemsOf(event: Event): string[] {
  return (event as CustomEvent<Slate>).detail.items.map(({ item }) => item)
}
