const THIN = '\u2009'

/** A whole number with thin spaces between thousands: 1 234 567; "–" for what is not finite. */
export function count(value: number): string {
  return fixed(value, 0)
}

/** @param digits after the point */
export function fixed(value: number, digits: number): string {
  if (!Number.isFinite(value)) return '–'
  const [whole = '', rest] = Math.abs(value).toFixed(digits).split('.')
  // Four digits are read at a glance; a year must not be torn apart either.
  const grouped = whole.length > 4 ? whole.replace(/\B(?=(\d{3})+$)/g, THIN) : whole
  const text = rest === undefined ? grouped : `${grouped}.${rest}`
  return value < 0 && /[1-9]/.test(text) ? `−${text}` : text
}

/** A share as percent: 0.1234 → 12.3 %. */
export function percent(share: number, digits = 1): string {
  return Number.isFinite(share) ? `${fixed(100 * share, digits)}${THIN}%` : '–'
}

/** The same with its sign: +12.3 %, −4.0 %. */
export function signedPercent(share: number, digits = 1): string {
  return share > 0 ? `+${percent(share, digits)}` : percent(share, digits)
}

/** Bytes in the decimal units that wires are sold in: 482 B, 48.2 kB, 1.25 MB. */
export function bytesText(bytes: number): string {
  if (!Number.isFinite(bytes)) return '–'
  if (bytes < 1000) return `${Math.round(bytes)}${THIN}B`
  const [value, unit] = bytes < 999_950 ? [bytes / 1e3, 'kB'] : [bytes / 1e6, 'MB']
  return `${fixed(value, value < 10 ? 2 : value < 100 ? 1 : 0)}${THIN}${unit}`
}

/** A day in UTC: 2026-01-31. */
export function dayText(at: number): string {
  return Number.isFinite(at) && Math.abs(at) <= 8.64e15 ? new Date(at).toISOString().slice(0, 10) : '–'
}

/** `singular` for 1, else `plural`, after the number. */
export function plural(value: number, singular: string, plurals = `${singular}s`): string {
  return `${count(value)} ${value === 1 ? singular : plurals}`
}
