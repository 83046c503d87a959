import type { RankerFile } from '../../shared/bundle/rankerFile.ts'
import { type Feature, SIGHTS, type Sight } from '../../shared/features/feature.ts'
import { featuresOf } from '../../shared/features/featureSchema.ts'
import { FEATURES } from '../../shared/features/features.ts'
import { type Column, textTable } from './textTable.ts'
import { wrapText } from './wrapText.ts'

/** What a bundle says of every feature that its ranker reads, in the ranker's order. */
export interface TrainedFeatures {
  readonly ranker: RankerFile
  readonly sway: readonly number[]
}

const BAR = 12

/** The declarations as a table, features of one source together. */
export function featuresText(): string {
  const sights = Object.keys(SIGHTS) as Sight[]
  const columns: Column[] = [
    { heading: 'feature' },
    { heading: 'type' },
    { heading: 'default', align: 'right' },
    { heading: 'of what' },
    { heading: sights.map(initial).join(' ') },
  ]
  const rows = grouped(FEATURES, ({ features }) =>
    features.map((feature) => [
      `  ${idOf(feature)}`,
      feature.type,
      inUnit(feature, feature.default),
      feature.unit,
      sights.map((sight) => (feature.sees.includes(sight) ? '●' : '·')).join(' '),
    ]),
  )
  return [
    textTable(columns, rows),
    '',
    'log: ln(1 + x) of the quantity x that is named; share, quantile: 0 to 1. Defaults are in the unit.',
    '@n: version of the meaning. A device that computes another one keeps the bundle that it has.',
    '',
    'What a feature may see (●), in training as on the device:',
    ...sights.map((sight) => wrapText(`  ${initial(sight)}  ${sight.padEnd(11)} ${SIGHTS[sight]}`, 17)),
  ].join('\n')
}

/** The same features as a bundle's ranker has met them, the weightiest first inside their source. */
export function trainedText({ ranker, sway }: TrainedFeatures): string {
  const most = Math.max(...sway)
  const read = featuresOf(ranker.features)
  const columns: Column[] = [
    { heading: 'feature' },
    { heading: 'low', align: 'right' },
    { heading: 'mean', align: 'right' },
    { heading: 'high', align: 'right' },
    { heading: 'spread', align: 'right' },
    { heading: 'sway', align: 'right' },
    { heading: '' },
  ]
  const rows = grouped(read, ({ features }) =>
    features
      .map((feature) => ({ feature, f: read.indexOf(feature) }))
      .sort((a, b) => sway[b.f]! - sway[a.f]! || a.f - b.f)
      .map(({ feature, f }) => [
        `  ${idOf(feature)}`,
        inUnit(feature, ranker.low[f]!),
        inUnit(feature, ranker.mean[f]!),
        inUnit(feature, ranker.high[f]!),
        ranker.spread[f]!.toFixed(2),
        sway[f]!.toFixed(2),
        '█'.repeat(Math.round((sway[f]! / (most || 1)) * BAR)),
      ]),
  )
  return [
    textTable(columns, rows),
    '',
    'low, mean, high: trained range in the feature’s unit (of a log, the quantity at the mean logarithm); spread: standard',
    'deviation of the feature itself. sway: how far scores move, in their standard deviations, when the feature’s values are',
    'exchanged between candidates of invented histories. A range of nothing means that the data never told.',
  ].join('\n')
}

interface Group {
  readonly source: string
  readonly features: readonly Feature[]
}

/** Rows under a line for each source. */
function grouped(all: readonly Feature[], rows: (group: Group) => string[][]): string[][] {
  const sources = [...new Set(all.map(({ source }) => source))]
  return sources.flatMap((source) => {
    const features = all.filter((feature) => feature.source === source)
    return [[source], ...rows({ source, features })]
  })
}

const idOf = ({ name, version }: Feature) => `${name}@${version}`
const initial = (sight: Sight) => sight[0]!.toUpperCase()

/** A value as a person would say it: the quantity behind a logarithm. */
function inUnit({ type }: Feature, value: number): string {
  const x = type === 'log' ? Math.expm1(value) : value
  const digits = x === 0 || x >= 100 ? 0 : x >= 10 ? 1 : x >= 1 ? 2 : 3
  return x
    .toFixed(digits)
    .replace(/(\.\d*?)0+$/, '$1')
    .replace(/\.$/, '')
}
