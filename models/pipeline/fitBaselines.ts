import type { Bundle } from '../../shared/bundle/openBundle.ts'
import { ForYouError } from '../../shared/domain/errors.ts'
import { fitStage, openStage, shippedTrainers } from '../build/stage.ts'
import type { Dataset } from '../dataset.ts'
import { bundleContenders, factsOf } from '../evaluate/bundleContenders.ts'
import { bundleContender, type Contender, refereeContender } from '../evaluate/contender.ts'
import type { Beside } from '../evaluate/contest.ts'
import { BLEND } from '../evaluate/gate.ts'
import { itemFacts } from '../evaluate/itemFacts.ts'
import { queryMetrics } from '../evaluate/metrics.ts'
import { brotliBytes } from '../evaluate/rungCosts.ts'
import { seededRandom } from '../random.ts'
import type { Settings } from '../settings.ts'
import { assertTrainedBefore } from '../split/assertNoLeak.ts'
import { linearRanker, zScoreBlend } from '../train/linearRankers.ts'
import { type PluginMetric, pluginMetrics, pluginTrainers, withPlugins } from '../train/plugins.ts'
import { TRAINERS } from '../train/registry.ts'
import { readyTrainer, type Trainer } from '../train/trainer.ts'
import type { TrainingSlates } from '../train/trainingSlates.ts'

/** What every bundle has anyway, and what a baseline is not charged for. */
const SHARED = /^(catalogue\/|popularity$)/

/**
 * Every registered model that is no rung and that the data supports, fitted to what the evaluated bundle was trained on, each
 * encoded and decoded alone. Quick ones only, unless all are asked for.
 * @param asOf moment of the popularity, ms
 */
export async function fitBaselines(
  training: Dataset,
  settings: Settings,
  asOf: number,
  evaluated: Bundle,
  progress: (step: string) => void = () => {},
): Promise<Contender[]> {
  const contenders: Contender[] = []
  for (const trainer of [...TRAINERS, ...pluginTrainers(settings)]) {
    if (!wanted(trainer, training, settings)) continue
    progress(`fitting the baseline ${trainer.name}`)
    contenders.push(await fitBaseline(trainer, training, settings, asOf, evaluated))
  }
  return contenders
}

/**
 * What stands beside the ladder of a bundle that was trained on a part of a dataset.
 * @param asOf moment that the part ends before, ms; 0 without times
 * @throws ForYouError `leak` where the part holds anything later
 */
export async function besideLadder(
  dataset: Dataset,
  training: Dataset,
  settings: Settings,
  asOf: number,
  evaluated: Bundle,
  progress?: (step: string) => void,
): Promise<Beside> {
  if (dataset.order === 'time') assertTrainedBefore(training, asOf)
  return {
    baselines: await fitBaselines(training, settings, asOf, evaluated, progress),
    facts: itemFacts(dataset, training, evaluated),
    metrics: metricsBeside(settings),
  }
}

function wanted(trainer: Trainer, training: Dataset, settings: Settings): boolean {
  if (settings.baselines === 'none') return false
  const rungs = withPlugins(shippedTrainers(training), settings)
  if (rungs.some(({ name }) => name === trainer.name)) return false
  if (settings.baselines === 'quick' && (trainer.costly || trainer.offline)) return false
  // The lowest rung is this very list: counts where there are no times, decayed counts where there are.
  if (trainer.name === (settings.popularHalfLife === null ? 'popularity-count' : 'popularity-decayed'))
    return false
  return trainer.missing(training, settings) === null
}

/**
 * Generators alone, and other models over the ranker's own candidates and features.
 * @param learned what the ranker learned from; without it there are no such models
 */
export function ownContenders(
  evaluated: Bundle,
  learned: TrainingSlates | undefined,
  seed: number,
): Contender[] {
  if (!learned) return bundleContenders(evaluated, [])
  const timed = (name: string, formula: string, learn: typeof linearRanker) => {
    const start = performance.now()
    const network = learn(learned, seededRandom(seed))
    return { facts: factsOf(name, formula, (performance.now() - start) / 1000), network }
  }
  return bundleContenders(evaluated, [
    timed('linear-ranker', 'w · x over the features of the ranker', linearRanker),
    timed(BLEND, 'Σ_g w_g (s_g − mean) / spread over the candidates', zScoreBlend),
  ])
}

/** @throws ForYouError `bad_config` where a plugin's metric would hide one of ours */
function metricsBeside(settings: Settings): readonly PluginMetric[] {
  const metrics = pluginMetrics(settings)
  const own = queryMetrics([], new Set())
  const clash = metrics.find(({ name }, m) => name in own || metrics.findIndex((o) => o.name === name) < m)
  if (clash)
    throw new ForYouError('bad_config', `There is a metric "${clash.name}" already.`, {
      hint: 'Give yours another name.',
    })
  return metrics
}

async function fitBaseline(
  trainer: Trainer,
  training: Dataset,
  settings: Settings,
  asOf: number,
  evaluated: Bundle,
): Promise<Contender> {
  const ready = await readyTrainer(trainer)
  const stage = fitStage(training, settings, asOf, { trainers: [ready] })
  const encoded = [...stage.blobs].filter(([role]) => !SHARED.test(role))
  const facts = {
    name: trainer.name,
    trainer: trainer.name,
    model: trainer.name,
    formula: trainer.formula,
    offline: trainer.offline === true,
    bytes: encoded.reduce((sum, [, blob]) => sum + brotliBytes(blob), 0),
    trainSeconds: stage.trainSeconds[trainer.name] ?? 0,
  }
  if (stage.referee) return refereeContender(facts, stage.referee, training)
  return bundleContender(facts, trainer.rung, await openStage(training, stage, trainer.rung), evaluated)
}
