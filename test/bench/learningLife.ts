import * as tf from '@tensorflow/tfjs'
import { seededRandom } from '../../models/random.ts'
import { STEP_MS } from '../../models/world/attention.ts'
import { choiceWeights, type World } from '../../models/world/choice.ts'
import { pickWeighted } from '../../models/world/draws.ts'
import { WORLD_END } from '../../models/world/syntheticWorld.ts'
import { inventVisitor } from '../../models/world/visitors.ts'
import type { Bundle } from '../../shared/bundle/openBundle.ts'
import type { RankerFile } from '../../shared/bundle/rankerFile.ts'
import { DAY_MS } from '../../shared/domain/clock.ts'
import type { Interaction } from '../../shared/domain/interaction.ts'
import type { Feature } from '../../shared/features/feature.ts'
import { featuresOf } from '../../shared/features/featureSchema.ts'
import { featureRows } from '../../shared/features/features.ts'
import { type CandidateSource, candidateSource, candidates } from '../../shared/rank/candidates.ts'
import { historyView } from '../../shared/rank/historyView.ts'
import { type Learned, learner } from '../../shared/rank/learning/learn.ts'
import { hiddenUnits, type Lesson, logExamination, unitScore } from '../../shared/rank/learning/lesson.ts'
import { tfjsGradient } from '../../shared/rank/learning/tfjsGradient.ts'
import { queryScores, queryState, type RankState, rankState } from '../../shared/rank/queryState.ts'
import { scaleRows } from '../../shared/rank/scoreCandidates.ts'
import { TopK } from '../../shared/rank/topK.ts'

/** How a visitor differs from those that the ranker was trained on; the last three click without wanting. */
export type Mind = 'population' | 'indifferent' | 'older' | 'random' | 'last' | 'refuses'

const SESSIONS = 50
const SHOWN = 20
const DAYS = 120
/** Attention counts with this exponent for somebody who cares little for what is popular. */
const INDIFFERENCE = 0.4
const RECENT_DAYS = 40

/** What all lives share. */
export interface Stage {
  readonly world: World
  readonly bundle: Bundle
  readonly ranker: RankerFile
  readonly state: RankState
  readonly source: CandidateSource
  readonly features: readonly Feature[]
  /** Film → item number and back. */
  readonly numberOf: readonly number[]
  readonly filmOf: ReadonlyMap<number, number>
}

export function stageFor(bundle: Bundle, world: World): Stage {
  if (!bundle.ranker) throw new Error('The synthetic bundle holds no ranker.')
  const state = rankState(bundle)
  const numberOf = world.films.map(({ item }) => bundle.numberOf.get(item.id) ?? -1)
  return {
    world,
    bundle,
    ranker: bundle.ranker,
    state,
    source: candidateSource(state),
    features: featuresOf(bundle.ranker.features),
    numberOf,
    filmOf: new Map(numberOf.map((number, film) => [number, film])),
  }
}

export interface Life {
  /** Of each session with a history: expected DCG@20 of the slate over the best possible. */
  readonly ndcg: readonly number[]
  readonly applied: boolean
  /** The furthest from the shipped weights, over what the trust region allows. */
  readonly reach: number
}

/** One visitor's fifty sessions, a day apart, one choice each. The attention is that of the world's last moment. */
export function liveOnce(stage: Stage, seed: number, mind: Mind, learns: boolean): Life {
  const { world, numberOf, bundle, filmOf } = stage
  const random = seededRandom(seed)
  const visitor = inventVisitor(world.start, DAYS, random)
  const { add } = learner(stage.ranker.network, tfjsGradient(tf))
  const seen = new Uint8Array(world.films.length)
  const history: Interaction[] = []
  const ndcg: number[] = []
  let learned: Learned | null = null
  let reach = 0
  const wanted = new Float64Array(world.films.length)
  for (let session = 0; session < SESSIONS; session++) {
    const mood = pickWeighted(visitor.moods, random)
    choiceWeights(world, { mood, circle: visitor.circle, at: WORLD_END - 1, seen }, wanted)
    bend(world, wanted, mind)
    const now = WORLD_END + session * DAY_MS
    const film = pickWeighted(wanted, random)
    const look = random()
    if (history.length > 0) {
      const slate = slateOf(stage, history, now, learned?.w2 ?? stage.ranker.network.w2)
      const chances = Array.from(slate.items, (item) => wanted[filmOf.get(item) ?? -1] ?? 0)
      ndcg.push(gainOf(chances) / gainOf([...wanted].sort((a, b) => b - a).slice(0, SHOWN)))
      const taught = lessonOf(mind, slate, numberOf[film] ?? -1, look)
      if (learns && taught) {
        learned = add(taught)
        reach = Math.max(reach, learned.reach)
      }
    }
    if (film < 0) continue
    seen[film] = 1
    const item = world.films[film]!.item.id
    if (bundle.numberOf.has(item)) history.push({ item, kind: 'view', at: now })
  }
  return { ndcg, applied: learned?.applied ?? false, reach }
}

/** Makes the chances of the world those of a visitor who thinks otherwise. */
function bend({ films, attention }: World, wanted: Float64Array, mind: Mind): void {
  if (mind !== 'indifferent' && mind !== 'older') return
  const last = ((DAYS * DAY_MS) / STEP_MS - 1) * films.length
  for (let film = 0; film < wanted.length; film++) {
    if (wanted[film] === 0) continue
    wanted[film]! *= attention[last + film]! ** (INDIFFERENCE - 1)
    const released = films[film]!.item.releasedAt
    if (mind === 'older' && released !== undefined && WORLD_END - released < RECENT_DAYS * DAY_MS)
      wanted[film]! *= 0.1
  }
}

interface Shown {
  readonly items: Int32Array
  readonly units: Float32Array
}

/** The slate as the browser's own code ranks it, with the given output weights. */
function slateOf(stage: Stage, history: readonly Interaction[], now: number, w2: Float32Array): Shown {
  const { bundle, ranker, state, source, features } = stage
  const view = historyView(bundle, history, now)
  const scores = queryScores(state, view)
  const found = candidates(source, scores, (item) => view.seen.has(item))
  const rows = scaleRows(featureRows(queryState(state, view, scores, found), found.items, features), ranker)
  const units = hiddenUnits(rows, ranker.network)
  const all: Lesson = { shown: found.items.length, units, chosen: -1, refused: [] }
  const best = new TopK(SHOWN)
  for (let c = 0; c < found.items.length; c++) best.offer(c, unitScore(all, c, w2))
  const order = best.drain().items
  const { hidden } = ranker.network
  const own = new Float32Array(order.length * hidden)
  for (const [place, c] of order.entries())
    own.set(units.subarray(c * hidden, (c + 1) * hidden), place * hidden)
  return { items: Int32Array.from(order, (c) => found.items[c]!), units: own }
}

/** What the visitor's behaviour says of a slate; `null` where it says nothing. */
function lessonOf(mind: Mind, { items, units }: Shown, wanted: number, look: number): Lesson | null {
  const lesson = { shown: items.length, units, refused: [] }
  if (mind === 'random') return { ...lesson, chosen: Math.floor(look * items.length) }
  if (mind === 'last') return { ...lesson, chosen: items.length - 1 }
  if (mind === 'refuses') return { ...lesson, chosen: -1, refused: [0] }
  const place = items.indexOf(wanted)
  return place >= 0 && look < Math.exp(logExamination(place)) ? { ...lesson, chosen: place } : null
}

function gainOf(chances: readonly number[]): number {
  return chances.reduce((sum, chance, place) => sum + chance / Math.log2(place + 2), 0)
}
