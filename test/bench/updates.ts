import type { BuiltBundle } from '../../models/build/builtBundle.ts'
import { open } from '../../models/build/builtBundle.ts'
import { deltaBase } from '../../models/build/deltaBase.ts'
import type { Dataset } from '../../models/dataset.ts'
import type { Interval } from '../../models/evaluate/bootstrap.ts'
import { comparer } from '../../models/evaluate/comparer.ts'
import { dense } from '../../models/evaluate/dense.ts'
import { ndcg } from '../../models/evaluate/metrics.ts'
import { fingerprint } from '../../models/ingest/fingerprint.ts'
import { type LoadOptions, loadDataset } from '../../models/ingest/loadDataset.ts'
import { type DeltaKind, deltaRelease } from '../../models/pipeline/deltaRelease.ts'
import { train } from '../../models/pipeline/train.ts'
import { type UpdateSizes, updateSizes } from '../../models/publish/updateSizes.ts'
import { defaultSettings } from '../../models/settings.ts'
import { lastFullDay, lastMoment } from '../../models/split/cuts.ts'
import { type ReplayDay, replayDays } from '../../models/split/replay.ts'
import { DAY_MS } from '../../shared/domain/clock.ts'
import { createRecommender } from '../../shared/rank/recommend.ts'
import { knownBefore } from '../knownBefore.ts'

const DAYS = 7
const SEED = 1
const site = { site: 'bench', archive: true }

interface Night {
  readonly day: ReplayDay
  readonly appended: number
  readonly nightly: UpdateSizes
  readonly hourly: UpdateSizes
  /** The same night without a base: what somebody fetches who has the bundle of the night before. */
  readonly anew: UpdateSizes
  /** NDCG@10 of every question of the day. */
  readonly withDelta: readonly number[]
  readonly trainedAnew: readonly number[]
}

/**
 * The last seven real days of MovieTweetings, on a base of the day before them. Every midnight a delta is made of what was
 * known by then (a film is in the catalogue once somebody rated it), and the whole is trained anew beside it; both answer the
 * questions of the day that follows, as the product would.
 */
export async function updates(places: LoadOptions) {
  const dataset = await loadDataset('movietweetings', places)
  const end = lastFullDay(lastMoment(dataset))
  const start = end - DAYS * DAY_MS
  const first = await trained(knownBefore(dataset, start - DAY_MS))
  const base = deltaBase(first)
  const nights: Night[] = []
  let latest = { delta: first, full: first }
  for (const day of replayDays(dataset, start, end)) {
    const known = knownBefore(dataset, day.midnight)
    const delta = async (on: BuiltBundle, kind: DeltaKind, data = known) =>
      deltaRelease(deltaBase(on), data, kind, defaultSettings('time').gate, {
        ...site,
        fingerprint: await fingerprint(data),
      })
    const nightly = await delta(first, 'items')
    // The last hour of the day before: as much has happened since its night as ever will.
    const hourly = await delta(latest.delta, 'popularity')
    const full = await trained(known)
    nights.push({
      day,
      appended: nightly.appended,
      nightly: await updateSizes(latest.delta.manifest, nightly.release),
      hourly: await updateSizes(latest.delta.manifest, hourly.release),
      anew: await updateSizes(latest.full.manifest, full),
      withDelta: answers(nightly.release, day),
      trainedAnew: answers(full, day),
    })
    latest = { delta: nightly.release, full }
    process.stderr.write(`${row(nights.at(-1)!, base.built).join('  ')}\n`)
  }
  return table(nights, base.built)
}

async function trained(dataset: Dataset): Promise<BuiltBundle> {
  const { release } = await train(
    dataset,
    { baselines: 'none' },
    { ...site, fingerprint: await fingerprint(dataset), progress: () => {} },
  )
  return release
}

function answers(release: BuiltBundle, { events }: ReplayDay): number[] {
  const { recommend, bundle } = createRecommender(open(release))
  return events.map(({ history, at, target }) => {
    const { items } = recommend({ surface: 'for-you', history, now: at ?? bundle.manifest.asOf, k: 10 })
    const numbers = Int32Array.from(items, ({ item }) => bundle.numberOf.get(item)!)
    return ndcg(numbers, new Set([bundle.numberOf.get(target) ?? -1]), 10)
  })
}

function table(nights: readonly Night[], built: number) {
  const questions = nights.flatMap(({ day }, d) => day.events.map(({ user }) => ({ user, day: d })))
  const columns = [
    nights.flatMap(({ withDelta }) => withDelta),
    nights.flatMap(({ trainedAnew }) => trainedAnew),
  ].map((values) => Float64Array.from(values))
  const run = {
    daily: true,
    userOf: dense(Int32Array.from(questions, ({ user }) => user)),
    dayOf: Int32Array.from(questions, ({ day }) => day),
  }
  const compare = comparer(columns, run, DAYS, SEED)
  const sum = (of: (night: Night) => number) => nights.reduce((total, night) => total + of(night), 0)
  const all = [
    '*all*',
    String(questions.length),
    '',
    kilobytes(sum(({ nightly }) => nightly.total) / DAYS),
    percent(sum(({ nightly }) => nightly.total) / sum(({ anew }) => anew.whole)),
    kilobytes(sum(({ hourly }) => hourly.total) / DAYS),
    kilobytes(sum(({ anew }) => anew.total) / DAYS),
    mean([...columns[0]!]),
    mean([...columns[1]!]),
  ]
  const text = (interval: Interval, of: (x: number) => string) =>
    `${of(interval.mean)} [${of(interval.low)}, ${of(interval.high)}]`
  return {
    head: [
      'day',
      'questions',
      'new films since the base',
      'nightly delta',
      'of a whole bundle',
      'popularity alone',
      'trained anew',
      'NDCG@10 with the delta',
      'NDCG@10 trained anew',
    ],
    rows: [...nights.map((night) => row(night, built)), all],
    note: `What a device fetches that has the bundle of the night before, manifest included (Brotli, as published; the head is another 0.5 kB). The base is a day old on the first day and a week on the last. NDCG@10 with deltas minus trained anew every night: ${text(compare.difference(0, 1), signed)}, relative ${text(compare.gain(0, 1), signedPercent)}, the wider of two paired 95 % bootstrap intervals, over users and over days. \`npm run bench -- updates\``,
  }
}

function row(
  { day, appended, nightly, hourly, anew, withDelta, trainedAnew }: Night,
  built: number,
): string[] {
  const age = Math.round((day.midnight - built) / DAY_MS)
  return [
    `${new Date(day.midnight).toISOString().slice(0, 10)}, base ${age} d old`,
    String(withDelta.length),
    String(appended),
    kilobytes(nightly.total),
    percent(nightly.total / nightly.whole),
    kilobytes(hourly.total),
    kilobytes(anew.total),
    mean(withDelta),
    mean(trainedAnew),
  ]
}

const kilobytes = (bytes: number) => `${(bytes / 1000).toFixed(1)} kB`
const percent = (share: number) => `${(100 * share).toFixed(1)} %`
const mean = (values: readonly number[]) => (values.reduce((sum, x) => sum + x, 0) / values.length).toFixed(4)
const signed = (x: number) => `${x < 0 ? '−' : '+'}${Math.abs(x).toFixed(4)}`
const signedPercent = (x: number) => `${x < 0 ? '−' : '+'}${(100 * Math.abs(x)).toFixed(1)} %`
