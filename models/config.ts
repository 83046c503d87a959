import { readFileSync } from 'node:fs'
import { dirname, join, resolve } from 'node:path'
import * as v from 'valibot'
import { parseJson } from '../shared/bundle/manifest.ts'
import { ForYouError } from '../shared/domain/errors.ts'
import { type DataRules, DEFAULT_RULES, dataRules, type RuleName } from './dataRules.ts'
import { type Environment, EnvironmentsSchema, SiteName } from './environments.ts'
import { defaultSettings, type Settings } from './settings.ts'

const Natural = v.pipe(v.number(), v.safeInteger(), v.minValue(1))
const Share = v.pipe(v.number(), v.gtValue(0), v.maxValue(1))
const Exponent = v.pipe(v.number(), v.minValue(0), v.maxValue(2))

const Limit = v.pipe(v.number(), v.finite(), v.minValue(0))
/** A limit alone, or with what happens where it is broken. */
const RuleSchema = v.optional(
  v.union([
    Limit,
    v.strictObject({ limit: v.optional(Limit), severity: v.optional(v.picklist(['fail', 'warn', 'off'])) }),
  ]),
)
const RULES = Object.fromEntries(
  Object.keys(DEFAULT_RULES)
    .filter((name) => name !== 'ratingRange')
    .map((name) => [name, RuleSchema]),
) as Record<RuleName, typeof RuleSchema>

/** `foryou.config.json`: what a site sets once. Flags override it. */
const ConfigSchema = v.strictObject({
  $schema: v.optional(v.string()),
  site: v.optional(SiteName),
  environments: v.optional(EnvironmentsSchema),
  linkTemplate: v.optional(v.pipe(v.string(), v.includes('{id}'))),
  loaderDays: v.optional(Natural),
  runs: v.optional(v.pipe(v.string(), v.minLength(1))),
  baseDays: v.optional(Natural),
  trainers: v.optional(v.array(v.pipe(v.string(), v.minLength(1)))),
  use: v.optional(v.array(v.string())),
  data: v.optional(
    v.strictObject({
      rules: v.optional(
        v.strictObject({ ...RULES, ratingRange: v.optional(v.tuple([v.number(), v.number()])) }),
      ),
    }),
  ),
  settings: v.optional(
    v.partial(
      v.strictObject({
        seed: Natural,
        decay: Share,
        historyLength: v.pipe(Natural, v.maxValue(500)),
        dims: v.pipe(Natural, v.maxValue(128)),
        scaleShrinkage: v.pipe(v.number(), v.gtValue(0)),
        outputExponent: Exponent,
        tableLevels: v.pipe(Natural, v.maxValue(127)),
        tableWeight: v.pipe(v.number(), v.minValue(0)),
        neighbours: v.partial(
          v.strictObject({
            length: Natural,
            source: Exponent,
            target: Exponent,
            user: Exponent,
            sharpening: v.pipe(v.number(), v.minValue(0), v.maxValue(1)),
          }),
        ),
        transitions: v.partial(
          v.strictObject({
            length: Natural,
            lookahead: v.pipe(Natural, v.maxValue(50)),
            reach: Share,
            backward: v.pipe(v.number(), v.minValue(0), v.maxValue(1)),
            source: Exponent,
            target: Exponent,
            decay: Share,
          }),
        ),
        content: v.partial(
          v.strictObject({
            words: v.pipe(Natural, v.maxValue(200)),
            bins: v.pipe(Natural, v.maxValue(100)),
            weights: v.record(v.string(), v.pipe(v.number(), v.minValue(0))),
          }),
        ),
        cold: v.partial(
          v.strictObject({
            damping: v.pipe(v.number(), v.minValue(0), v.maxValue(1)),
            regularisation: v.pipe(v.number(), v.gtValue(0)),
          }),
        ),
        itemKnn: v.partial(v.strictObject({ length: Natural, shrinkage: v.pipe(v.number(), v.minValue(0)) })),
        ials: v.partial(
          v.strictObject({
            unobserved: v.pipe(v.number(), v.gtValue(0), v.maxValue(1)),
            regularisation: v.pipe(v.number(), v.gtValue(0)),
            epochs: v.pipe(Natural, v.maxValue(100)),
          }),
        ),
        embeddings: v.strictObject({ unitNorm: v.boolean() }),
        ease: v.strictObject({ regularisation: v.pipe(v.number(), v.gtValue(0)) }),
        gate: v.partial(
          v.strictObject({
            minCoverage: v.pipe(v.number(), v.minValue(0), v.maxValue(1)),
            maxBytes: Natural,
            maxMilliseconds: v.pipe(v.number(), v.gtValue(0)),
            maxTrainSeconds: v.pipe(v.number(), v.gtValue(0)),
          }),
        ),
        baselines: v.picklist(['quick', 'all', 'none']),
        testDays: Natural,
        replayDays: Natural,
        maxSlates: Natural,
        popularityTempering: v.pipe(v.number(), v.minValue(0), v.maxValue(1)),
        ranker: v.partial(
          v.strictObject({
            hidden: v.pipe(Natural, v.maxValue(512)),
            epochs: Natural,
            learningRate: v.pipe(v.number(), v.gtValue(0)),
            negatives: Natural,
            weightDecay: v.pipe(v.number(), v.minValue(0)),
          }),
        ),
      }),
    ),
  ),
})

export interface Config {
  readonly site: string
  readonly linkTemplate?: string
  /** Days that a base of small updates serves. */
  readonly baseDays?: number
  /** Folder of the run records; without one nothing is recorded. */
  readonly runs?: string
  readonly settings: Partial<Settings>
  /** Limits on the data that may be trained on; the defaults where they are left out. */
  readonly rules?: DataRules
  /** Days that a loader lives on after the next one: pages that pin it by hash need longer than the week that is usual. */
  readonly loaderDays?: number
  /** Where the site is live, by name. */
  readonly environments?: Readonly<Record<string, Environment>>
}

const FILE = 'foryou.config.json'
/** Where runs are recorded unless the configuration says otherwise, below its own folder. */
const RUNS = join('.foryou', 'runs')

/** What a group of settings takes where the configuration gives only some of it: the same for every kind of data. */
const DEFAULTS = defaultSettings('time') as unknown as Readonly<Record<string, object>>

function isGroup(value: unknown): value is object {
  return typeof value === 'object' && value !== null
}

/**
 * Reads the configuration of a folder, or the file that is named.
 * @throws ForYouError `bad_config` naming the first setting that is wrong
 */
export async function readConfig(folder: string, file?: string): Promise<Config> {
  return readConfigSync(folder, file)
}

/** The same for those who cannot wait. */
export function readConfigSync(folder: string, file?: string): Config {
  const path = file === undefined ? join(folder, FILE) : resolve(folder, file)
  let text: string
  try {
    text = readFileSync(path, 'utf8')
  } catch (cause) {
    if (file === undefined) {
      return { site: 'foryou', runs: join(folder, RUNS), settings: {}, rules: dataRules() }
    }
    throw new ForYouError('bad_config', `${path} cannot be read.`, { cause })
  }
  let parsed: v.InferOutput<typeof ConfigSchema>
  try {
    parsed = parseJson(ConfigSchema, text, FILE)
  } catch (cause) {
    throw new ForYouError('bad_config', `${path}: ${cause instanceof Error ? cause.message : cause}`, {
      cause,
    })
  }
  const {
    site = 'foryou',
    linkTemplate,
    baseDays,
    loaderDays,
    runs = RUNS,
    trainers = [],
    use = [],
    settings = {},
    data,
    environments,
  } = parsed
  const given = Object.fromEntries(
    Object.entries(settings)
      .filter(([, value]) => value !== undefined)
      .map(([name, value]) => [name, isGroup(value) ? { ...DEFAULTS[name], ...value } : value]),
  )
  return {
    site,
    runs: resolve(dirname(path), runs),
    settings: { ...(given as Partial<Settings>), ...pluginSettings(trainers, use, path) },
    rules: dataRules(data?.rules),
    ...(linkTemplate ? { linkTemplate } : {}),
    ...(baseDays ? { baseDays } : {}),
    ...(loaderDays ? { loaderDays } : {}),
    ...(environments ? { environments } : {}),
  }
}

/** Modules by absolute path, so that every thread finds them. */
function pluginSettings(
  trainers: readonly string[],
  use: readonly string[],
  path: string,
): Partial<Settings> {
  if (use.length > 0 && trainers.length === 0)
    throw new ForYouError('bad_config', `${path}: "use" names trainers, but "trainers" names no module.`)
  if (trainers.length === 0) return {}
  return { plugins: { modules: trainers.map((module) => resolve(dirname(path), module)), use } }
}
