import { writeFileSync } from 'node:fs'
import { type BuiltBundle, builtBundle, open } from '../models/build/builtBundle.ts'
import { manifestOf } from '../models/build/manifestOf.ts'
import { withRanker } from '../models/build/stage.ts'
import { makeDataset, type RawInteraction } from '../models/dataset.ts'
import { fitUntil } from '../models/pipeline/fitUntil.ts'
import { manifestInput } from '../models/pipeline/trainBundles.ts'
import { seededRandom } from '../models/random.ts'
import { defaultSettings } from '../models/settings.ts'
import { syntheticWorld, WORLD_END } from '../models/world/syntheticWorld.ts'
import { DAY_MS } from '../shared/domain/clock.ts'
import { type Interaction, KINDS, keptHistory } from '../shared/domain/interaction.ts'
import { rankState } from '../shared/rank/queryState.ts'
import { createRecommender } from '../shared/rank/recommend.ts'
import type { ParityCase, ParityReference } from './web/parityCase.ts'
import { rowsDigest, withoutReloads } from './web/parityRows.ts'

const K = 20
/** Cases whose features are compared bit by bit. */
const WITH_FEATURES = 60

/** A trained bundle of an invented world in which some items are twins, so that scores tie. */
export async function twinsBundle(details = false): Promise<BuiltBundle> {
  const dataset = withTwins()
  const base = defaultSettings('time')
  const settings = { ...base, testDays: 7, replayDays: 14, dims: 16, ranker: { ...base.ranker, epochs: 3 } }
  const { stage, ranker } = await fitUntil(dataset, settings, WORLD_END, details)
  if (!ranker) throw new Error('The small world should give a ranker.')
  const options = { site: 'parity', fingerprint: '0'.repeat(64), archive: true, progress: () => {} }
  const input = { ...manifestInput(dataset, stage, WORLD_END, 1, options), kind: 'release' as const }
  const blobs = withRanker(stage.blobs, ranker)
  return builtBundle(await manifestOf({ ...input, forYou: 'ranker' }, blobs), blobs)
}

/** Slates for random histories: 0 to 200 items, all kinds, hidden, repeated and unknown ones. */
async function parityReference(count: number): Promise<ParityReference> {
  const built = await twinsBundle()
  const { blobs } = built
  const bundle = open(built)
  const { recommend } = createRecommender(bundle)
  const random = seededRandom(7)
  const state = rankState(bundle)
  const cases: ParityCase[] = []
  for (let c = 0; c < count; c++) {
    const length = c % 10 === 0 ? Math.floor(c / 10) % 4 : Math.floor(200 * random() ** 2)
    const history = randomHistory(bundle.ids, length, random)
    const now = Math.max(WORLD_END, history.at(-1)?.at ?? 0) + Math.floor(random() * 20 * DAY_MS)
    const slate = recommend({ surface: 'for-you', k: K, now, history })
    const items = slate.items.map(({ item, score }) => ({ item, score }))
    const kept = keptHistory(withoutReloads(history))
    const features = c < WITH_FEATURES ? { features: await rowsDigest(state, kept, now) } : {}
    cases.push({ history, now, items, ...features })
  }
  const coded = Array.from(blobs, ([role, blob]) => [role, Buffer.from(blob).toString('base64')] as const)
  return { manifest: built.manifest, hash: built.hash, blobs: Object.fromEntries(coded), cases }
}

/**
 * Every user exists twice, and the second sees the twin of every third film in its place: whoever has seen neither of the two
 * has no reason to be shown one before the other.
 */
function withTwins() {
  const world = syntheticWorld({ visitors: 250, days: 60, films: 240 })
  const { name, order, catalogue, ingest, users, offsets, items, times } = world
  const hasTwin = (item: number) => item % 3 === 0
  const twinOf = (item: number) => `${catalogue[item]!.id}-twin`
  const interactions = users.flatMap((user, u) =>
    [0, 1].flatMap((copy) =>
      Array.from(
        items.subarray(offsets[u], offsets[u + 1]),
        (item, h): RawInteraction => ({
          user: `${user}-${copy}`,
          item: copy === 1 && hasTwin(item) ? twinOf(item) : catalogue[item]!.id,
          at: times[offsets[u]! + h]!,
          value: Number.NaN,
          positive: true,
        }),
      ),
    ),
  )
  const twins = catalogue.filter((_, i) => hasTwin(i)).map((item, t) => ({ ...item, id: twinOf(3 * t) }))
  return makeDataset({ name, order, catalogue: [...catalogue, ...twins], interactions, ingest })
}

function randomHistory(ids: readonly string[], length: number, random: () => number): Interaction[] {
  let at = WORLD_END - 60 * DAY_MS
  return Array.from({ length }, () => {
    at += Math.floor((random() ** 3 * 120 * DAY_MS) / Math.max(1, length))
    const item =
      random() < 0.05 ? `unknown-${Math.floor(random() * 9)}` : ids[Math.floor(random() ** 1.5 * ids.length)]!
    return { item, kind: KINDS[Math.floor(random() * KINDS.length)]!, at }
  })
}

// The browser's tests have it made by a process of its own: node test/parityReference.ts COUNT FILE
if (process.argv[1] === import.meta.filename) {
  const [count, file] = process.argv.slice(2)
  writeFileSync(file!, JSON.stringify(await parityReference(Number(count))))
}
