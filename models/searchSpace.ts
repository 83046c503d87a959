import type { OrderOf } from './dataset.ts'
import type { Settings } from './settings.ts'

/** One setting that `foryou tune` may vary. Positions 0–1 on its scale are what the search moves in. */
export interface Dimension {
  /** Dotted path into the settings, e.g. `neighbours.length`. */
  readonly path: string
  /** Kinds of data for which it does anything. */
  readonly orders: readonly OrderOf[]
  /** Value at a position of the scale. */
  at(position: number): number
  /** Position of a value, clamped to the scale. */
  positionOf(value: number): number
}

const ALL = ['time', 'sequence', 'none'] as const
const ORDERED = ['time', 'sequence'] as const
const TIMED = ['time'] as const

/** The search space, next to the settings: a new setting is one line here. */
export const SEARCH_SPACE: readonly Dimension[] = [
  linear('decay', 0.5, 1, ORDERED),
  whole('historyLength', 10, 200, ORDERED),
  oneOf('dims', [16, 32, 64, 96, 128], ALL),
  logarithmic('scaleShrinkage', 1, 200, ALL),
  linear('outputExponent', 0, 1.2, ALL),
  oneOf('tableLevels', [31, 63, 127], ALL),
  oneOf('tableWeight', [0, 0.05, 0.1, 0.2, 0.4, 0.8], ALL),
  whole('neighbours.length', 10, 150, ALL),
  linear('neighbours.source', 0.3, 1, ALL),
  linear('neighbours.target', 0, 0.8, ALL),
  linear('neighbours.user', 0, 1, ALL),
  linear('neighbours.sharpening', 0, 1, ALL),
  whole('content.words', 4, 40, ALL),
  whole('transitions.length', 5, 60, ORDERED),
  oneOf('transitions.lookahead', [1, 2, 3, 5, 10, 20, 40], ORDERED),
  linear('transitions.reach', 0.2, 0.98, ORDERED),
  linear('transitions.backward', 0, 0.8, ORDERED),
  linear('transitions.source', 0, 1, ORDERED),
  linear('transitions.target', 0, 1, ORDERED),
  linear('transitions.decay', 0.3, 1, ORDERED),
  oneOf('replayDays', [14, 28, 42], TIMED),
  oneOf('ranker.hidden', [16, 24, 32, 48, 64, 96], ORDERED),
  oneOf('ranker.epochs', [3, 4, 6, 8, 10], ORDERED),
  logarithmic('ranker.learningRate', 0.001, 0.02, ORDERED),
  oneOf('ranker.negatives', [19, 49, 99], ORDERED),
  logarithmic('ranker.weightDecay', 0.0003, 0.03, ORDERED),
]

/** The dimensions that matter for a kind of data. */
export function searchSpace(order: OrderOf): readonly Dimension[] {
  return SEARCH_SPACE.filter(({ orders }) => orders.includes(order))
}

/** @throws RangeError where the path leads to no number: the space and the settings must not drift apart */
export function settingAt(settings: Settings, path: string): number {
  const value = path
    .split('.')
    .reduce<unknown>((inner, key) => (inner as Record<string, unknown> | undefined)?.[key], settings)
  if (typeof value !== 'number') throw new RangeError(`There is no numeric setting "${path}".`)
  return value
}

/** The settings with one of them changed. */
export function withSetting(settings: Settings, path: string, value: number): Settings {
  const [outer = '', inner] = path.split('.')
  if (inner === undefined) return { ...settings, [outer]: value }
  const group = (settings as unknown as Record<string, Record<string, unknown>>)[outer]!
  return { ...settings, [outer]: { ...group, [inner]: value } }
}

function linear(path: string, low: number, high: number, orders: readonly OrderOf[]): Dimension {
  return {
    path,
    orders,
    at: (position) => rounded(low + position * (high - low)),
    positionOf: (value) => clamp((value - low) / (high - low)),
  }
}

function logarithmic(path: string, low: number, high: number, orders: readonly OrderOf[]): Dimension {
  const span = Math.log(high / low)
  return {
    path,
    orders,
    at: (position) => rounded(low * Math.exp(position * span)),
    positionOf: (value) => clamp(Math.log(value / low) / span),
  }
}

/** Whole numbers, evenly spread over their logarithm. */
function whole(path: string, low: number, high: number, orders: readonly OrderOf[]): Dimension {
  const scale = logarithmic(path, low, high, orders)
  return { ...scale, at: (position) => Math.round(scale.at(position)) }
}

/** Some values, in order: neighbours on the scale are neighbours in effect. */
function oneOf(path: string, values: readonly number[], orders: readonly OrderOf[]): Dimension {
  const nearest = (value: number) =>
    values.reduce((best, v, i) => (Math.abs(v - value) < Math.abs(values[best]! - value) ? i : best), 0)
  return {
    path,
    orders,
    at: (position) => values[Math.min(values.length - 1, Math.floor(position * values.length))]!,
    positionOf: (value) => (nearest(value) + 0.5) / values.length,
  }
}

function clamp(position: number): number {
  return Math.min(1, Math.max(0, position))
}

/** Three significant digits: a configuration is read by people. */
function rounded(value: number): number {
  return Number(value.toPrecision(3))
}
