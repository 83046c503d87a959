export type Numeric = Int8Array | Uint8Array | Int16Array | Uint16Array | Int32Array | Uint32Array
/** The parts one after another; the part itself where there is one. */
export function concat<T extends Numeric>(type: new (length: number) => T, parts: readonly T[]): T {
  if (parts.length === 1) return parts[0]!
  const joined = new type(parts.reduce((length, part) => length + part.length, 0))
  let offset = 0
  for (const part of parts) {
    joined.set(part, offset)
    offset += part.length
  }
  return joined
}
