import { createRequire } from 'node:module'
import { RUNGS, type Rung } from '../../shared/bundle/manifest.ts'
import { ForYouError } from '../../shared/domain/errors.ts'
import type { Settings } from '../settings.ts'
import { checkedModel } from './checkedModel.ts'
import { TRAINERS } from './registry.ts'
import type { Trainer } from './trainer.ts'

/** A metric of one ranked list: 0 is worst. Its mean over queries stands beside ours. */
export interface PluginMetric {
  readonly name: string
  /** @param ranked item numbers, best first, at most 100 @param relevant those that should be found */
  of(ranked: ArrayLike<number>, relevant: ReadonlySet<number>): number
}

/** What a module named under `trainers` in `foryou.config.json` may export. */
export interface Plugin {
  readonly trainers?: readonly Trainer[]
  readonly metrics?: readonly PluginMetric[]
}

/** Rungs that a plugin's model may fill: popularity is what everything is measured against. */
const FILLABLE: readonly string[] = RUNGS.filter((rung) => rung !== 'ranker' && rung !== 'popularity')

const require = createRequire(import.meta.url)

/**
 * Trainers of the modules that settings name, each with its models checked. Loaded through Node's own module cache, so that every
 * thread and every step sees the same.
 * @throws ForYouError `bad_config` naming module and fault
 */
export function pluginTrainers({ plugins }: Settings): readonly Trainer[] {
  const names = new Set(TRAINERS.map(({ name }) => name))
  return plugins.modules.flatMap((path) =>
    (load(path).trainers ?? []).map((trainer, t) => {
      assertTrainer(trainer, path, t)
      if (names.has(trainer.name)) throw fault(path, `there is a trainer "${trainer.name}" already`)
      names.add(trainer.name)
      return checked(trainer, path)
    }),
  )
}

/** The metrics of the same modules. @throws ForYouError `bad_config` */
export function pluginMetrics({ plugins }: Settings): readonly PluginMetric[] {
  return plugins.modules.flatMap((path) =>
    (load(path).metrics ?? []).map((metric) => {
      if (typeof metric?.name !== 'string' || !/^[a-z][a-z0-9@-]{0,39}$/.test(metric.name))
        throw fault(path, 'a metric needs a name of lower-case letters, digits, @ and hyphens')
      if (typeof metric.of !== 'function') throw fault(path, `metric "${metric.name}" has no function "of"`)
      return { name: metric.name, of: (ranked, relevant) => measured(metric, path, ranked, relevant) }
    }),
  )
}

/** The product's trainers, those replaced whose rung a plugin's trainer named under `use` fills. */
export function withPlugins(trainers: readonly Trainer[], settings: Settings): readonly Trainer[] {
  const used = usedTrainers(settings)
  const replaced = trainers.filter(({ rung }) => !used.some((trainer) => trainer.rung === rung))
  return used.length === 0 ? trainers : [...replaced, ...used]
}

/** @throws ForYouError `bad_config` where `use` names no trainer of a plugin, or two for one rung */
export function usedTrainers(settings: Settings): readonly Trainer[] {
  const { use } = settings.plugins
  if (use.length === 0) return []
  const all = pluginTrainers(settings)
  const used = use.map((name) => {
    const trainer = all.find((t) => t.name === name)
    if (trainer) return trainer
    throw new ForYouError('bad_config', `"use" names "${name}", which no module under "trainers" exports.`, {
      hint: `They export: ${all.map((t) => t.name).join(', ') || 'no trainer'}.`,
    })
  })
  const twice = used.find(({ rung }, i) => used.findIndex((t) => t.rung === rung) < i)
  if (twice) {
    throw new ForYouError('bad_config', `"use" names two trainers for the rung ${twice.rung}.`, {
      hint: 'One model fills a rung: leave one of them out.',
    })
  }
  return used
}

/** Rung → trainer, where a plugin's fills it. */
export function pluginRungs(settings: Settings): Partial<Record<Rung, string>> {
  return Object.fromEntries(usedTrainers(settings).map(({ rung, name }) => [rung, name]))
}

function load(path: string): Plugin {
  let module: unknown
  try {
    module = require(path)
  } catch (cause) {
    const missing = (cause as NodeJS.ErrnoException).code === 'MODULE_NOT_FOUND'
    throw fault(path, missing ? 'there is no such module' : `it cannot be loaded: ${messageOf(cause)}`, cause)
  }
  const plugin = module as Plugin & { readonly features?: unknown }
  if (plugin.features !== undefined) {
    throw new ForYouError('bad_config', `${path} exports features, which a plugin cannot add.`, {
      hint: 'A feature is computed in the visitor’s browser too, by code that is built into the ranker: add it in shared/features/features.ts. A model of your own needs no feature: its calibrated score is one.',
    })
  }
  if (!Array.isArray(plugin.trainers) && !Array.isArray(plugin.metrics))
    throw fault(path, 'it exports neither "trainers" nor "metrics" as a list')
  return plugin
}

function assertTrainer(trainer: Trainer, path: string, place: number): void {
  const { name, rung, formula, source, missing, train } = trainer ?? {}
  if (typeof name !== 'string' || !/^[a-z][a-z0-9-]{0,39}$/.test(name))
    throw fault(path, `trainer ${place + 1} needs a name of lower-case letters, digits and hyphens`)
  if (!FILLABLE.includes(rung)) throw fault(path, `trainer "${name}" needs a rung: ${FILLABLE.join(', ')}`)
  if (typeof train !== 'function' || typeof missing !== 'function')
    throw fault(path, `trainer "${name}" needs the functions "train" and "missing"`)
  if (typeof formula !== 'string' || typeof source !== 'string' || formula === '' || source === '')
    throw fault(path, `trainer "${name}" must say its formula and where it comes from ("formula", "source")`)
}

/** The same trainer, whose failures and models are ours to explain. */
function checked(trainer: Trainer, path: string): Trainer {
  return {
    ...trainer,
    train(dataset, settings, random) {
      let model: ReturnType<Trainer['train']>
      try {
        model = trainer.train(dataset, settings, random)
      } catch (cause) {
        throw fault(path, `trainer "${trainer.name}" failed: ${messageOf(cause)}`, cause)
      }
      const wrong = checkedModel(model, trainer.rung, dataset.catalogue.length)
      if (wrong) throw fault(path, `the model of trainer "${trainer.name}" cannot be used: ${wrong}`)
      return model
    },
  }
}

function measured(
  metric: PluginMetric,
  path: string,
  ranked: ArrayLike<number>,
  relevant: ReadonlySet<number>,
): number {
  const value = metric.of(ranked, relevant)
  if (Number.isFinite(value)) return value
  throw fault(path, `metric "${metric.name}" gave ${value}, which is no finite number`)
}

function fault(path: string, what: string, cause?: unknown): ForYouError {
  return new ForYouError('bad_config', `${path}: ${what}.`, {
    ...(cause === undefined ? {} : { cause }),
    hint: 'What a module under "trainers" may export stands in docs/experiments.md.',
  })
}

function messageOf(cause: unknown): string {
  return (cause instanceof Error ? cause.message : String(cause)).split('\n')[0]!.replace(/\.$/, '')
}
