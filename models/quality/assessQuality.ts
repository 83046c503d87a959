import type { DataRules } from '../dataRules.ts'
import type { Dataset } from '../dataset.ts'
import { botsOf } from './bots.ts'
import { checkRules } from './checkRules.ts'
import type { DataQuality, Readiness, RuleResult } from './dataQuality.ts'
import { distributionsOf } from './distributions.ts'
import { driftOf } from './drift.ts'
import { impressionsOf, positionReadiness } from './impressions.ts'
import { matchOf } from './match.ts'
import { readinessOf } from './readiness.ts'
import { textsOf } from './texts.ts'
import { timesOf } from './times.ts'
import { valuesOf } from './values.ts'
import { volumeOf } from './volume.ts'

/**
 * Everything that is said about a dataset's quality. Time and memory are linear in its interactions and items.
 * @param now ms since 1970, for the age of the data
 */
export function assessQuality(dataset: Dataset, rules: DataRules, now: number): DataQuality {
  const { ingest } = dataset
  const volume = volumeOf(dataset)
  const time = timesOf(dataset)
  const facts = {
    name: dataset.name,
    synthetic: dataset.synthetic,
    files: ingest.files,
    order: dataset.order,
    rows: ingest.rows,
    used: ingest.used,
    rejected: ingest.rejected,
    examples: ingest.examples,
    notes: ingest.notes,
    columns: ingest.understood?.columns ?? null,
    volume,
    time,
    values: valuesOf(dataset, rules.ratingRange),
    bots: botsOf(dataset, time, volume.items),
    match: matchOf(dataset),
    text: textsOf(dataset),
    drift: driftOf(dataset, time),
    distributions: distributionsOf(dataset, time),
    kinds: ingest.understood?.kinds ?? null,
    impressions: impressionsOf(dataset),
  }
  const readiness = [
    ...readinessOf(dataset, volume, time),
    positionReadiness(facts.impressions, time !== null),
  ]
  const repeatedLines = ingest.understood?.repeatedLines ?? []
  const results = checkRules({ ...facts, repeatedLines }, rules, now)
  const ok = !results.some(({ broken, severity }) => broken && severity === 'fail')
  return { ...facts, readiness, rules: results, ok, verdict: verdictOf(results, readiness, ok) }
}

function verdictOf(rules: readonly RuleResult[], readiness: readonly Readiness[], ok: boolean): string {
  const broken = rules.filter((result) => result.broken && result.severity === 'fail')
  if (!ok) {
    const names = broken.map(({ rule }) => rule).join(', ')
    return `Not fit to train on: ${broken.length === 1 ? 'a rule is' : `${broken.length} rules are`} broken (${names}).`
  }
  const named = (ready: Readiness['ready']) =>
    readiness.filter((r) => r.ready === ready).map(({ what }) => what)
  const [yes, weak, no] = [named('yes'), named('weak'), named('no')]
  // No rule that stops training is broken, which does not yet make one row a data set.
  const fit = yes.length > 0 ? 'Fit to train on' : 'Trainable, but too little to learn from'
  return [
    `${fit}: it supports ${yes.length > 0 ? yes.join(', ') : 'nothing for certain'}`,
    ...(weak.length > 0 ? [`weakly ${weak.join(', ')}`] : []),
    ...(no.length > 0 ? [`and not ${no.join(', ')}`] : []),
  ]
    .join('; ')
    .concat('.')
}
