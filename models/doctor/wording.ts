const UNITS = [
  ['day', 86_400_000],
  ['hour', 3_600_000],
  ['minute', 60_000],
  ['second', 1000],
] as const

/** `3 days`, the largest unit that fits. @param ms ≥ 0 */
export function ahead(ms: number): string {
  const [name, size] = UNITS.find(([, size]) => ms >= size) ?? ['second', 1000]
  const count = Math.floor(ms / size)
  return `${count} ${name}${count === 1 ? '' : 's'}`
}

export function ago(ms: number): string {
  return ms < 1000 ? 'just now' : `${ahead(ms)} ago`
}

export function bytesText(bytes: number): string {
  return `${bytes.toLocaleString('en')} bytes`
}

/** The first few, and how many more there are. */
export function listed(names: readonly string[], most = 3): string {
  const more = names.length - most
  return names.slice(0, most).join(', ') + (more > 0 ? ` and ${more} more` : '')
}
