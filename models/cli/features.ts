import { existsSync } from 'node:fs'
import { dirname, resolve } from 'node:path'
import { sha256 } from '../../shared/bundle/hash.ts'
import { ForYouError } from '../../shared/domain/errors.ts'
import { SIGHTS } from '../../shared/features/feature.ts'
import { featureSchemaText, featuresOf } from '../../shared/features/featureSchema.ts'
import { FEATURES } from '../../shared/features/features.ts'
import { open, readBundle } from '../build/builtBundle.ts'
import { readConfig } from '../config.ts'
import { featureSway } from '../evaluate/featureSway.ts'
import { materialise } from '../pipeline/materialise.ts'
import { tunedSettings } from '../pipeline/tunedSettings.ts'
import { defaultSettings } from '../settings.ts'
import { cutsOf } from '../split/cuts.ts'
import type { Command, Io, ParsedArgs } from './command.ts'
import { featuresText, trainedText } from './featuresText.ts'
import { DATA_FLAGS, loadFor } from './loadFor.ts'

export const features: Command = {
  name: 'features',
  summary:
    'Lists what the ranker reads, says how a bundle’s ranker reads it, or writes the rows that a ranker learns from.',
  usage:
    '[--bundle DIR]\n--data NAME|DIR|FILE --out FILE.parquet [--users] [--until evaluation|release] [--config FILE] [--seed N]',
  flags: {
    bundle: { type: 'string', value: 'DIR', summary: 'trained range, mean, spread and sway in this bundle' },
    ...DATA_FLAGS,
    out: {
      type: 'string',
      value: 'FILE',
      summary: 'Parquet file of the replayed rows, each computed from what was known at its moment',
    },
    users: { type: 'boolean', summary: 'say whose row it is, by the log’s own id; left out otherwise' },
    until: {
      type: 'string',
      value: 'WHICH',
      summary: 'rows of the evaluation bundle (default: up to the cut) or of the release (to the end)',
    },
    config: {
      type: 'string',
      value: 'FILE',
      summary: 'settings; foryou.config.json in the current folder by default',
    },
    seed: { type: 'string', value: 'N', summary: 'seed of every random choice' },
  },
  positionals: [0, 0],
  async run(args, io) {
    if (args.string('data') !== undefined || args.string('out') !== undefined) return write(args, io)
    const folder = args.string('bundle')
    return folder === undefined ? list(args, io) : ofBundle(resolve(io.cwd, folder), args, io)
  },
}

async function list(args: ParsedArgs, io: Io): Promise<number> {
  const schema = await sha256(featureSchemaText())
  if (args.boolean('json'))
    io.out(JSON.stringify({ featureSchema: schema, sights: SIGHTS, features: FEATURES }))
  else {
    io.out(featuresText())
    io.out()
    io.out(`${FEATURES.length} features, schema ${schema}`)
  }
  return 0
}

async function ofBundle(folder: string, args: ParsedArgs, io: Io): Promise<number> {
  const bundle = open(await readBundle(folder))
  const { ranker, manifest } = bundle
  const sway = featureSway(bundle)
  if (!ranker || !sway) {
    throw new ForYouError(
      'not_supported',
      `${folder} has no learned ranker; it ships "${manifest.forYou}".`,
      {
        hint: 'Its evaluation bundle has one, unless the data was too little.',
      },
    )
  }
  if (args.boolean('json')) {
    const trained = featuresOf(ranker.features).map((feature, f) => ({
      ...feature,
      low: ranker.low[f],
      mean: ranker.mean[f],
      high: ranker.high[f],
      spread: ranker.spread[f],
      sway: sway[f],
    }))
    io.out(JSON.stringify({ featureSchema: manifest.featureSchema, features: trained }))
    return 0
  }
  const schema = await sha256(featureSchemaText(ranker.features))
  io.out(trainedText({ ranker, sway }))
  io.out()
  const same = manifest.featureSchema === schema
  io.out(
    `${ranker.features.length} features, schema ${manifest.featureSchema}${same ? ', as here' : `; here ${schema}`}`,
  )
  return 0
}

async function write(args: ParsedArgs, io: Io): Promise<number> {
  const out = resolve(io.cwd, args.required('out'))
  if (!existsSync(dirname(out)))
    throw new ForYouError('bad_usage', `--out: there is no folder ${dirname(out)}.`)
  const which = args.string('until') ?? 'evaluation'
  if (which !== 'evaluation' && which !== 'release')
    throw new ForYouError('bad_usage', `--until: there is no "${which}".`, { hint: 'evaluation or release' })
  const config = await readConfig(io.cwd, args.string('config'))
  const seed = args.integer('seed')
  const dataset = await loadFor(args, io)
  const chosen = { ...config.settings, ...(seed === undefined ? {} : { seed }) }
  const given = { ...defaultSettings(dataset.order), ...chosen }
  if (dataset.order === 'time') io.note('… choosing settings on validation, as training does')
  const settings = dataset.order === 'time' ? tunedSettings(dataset, given, chosen) : given
  const { cut, end } = cutsOf(dataset, settings)
  io.note('… replaying')
  const made = await materialise(dataset, settings, which === 'release' ? end : cut, out, {
    users: args.boolean('users'),
  })
  if (args.boolean('json')) {
    io.out(JSON.stringify({ out, ...made }))
    return 0
  }
  const day = (ms: number) => new Date(ms).toISOString().slice(0, 16).replace('T', ' ')
  io.out(`${made.rows} rows of ${made.slates} slates, ${FEATURES.length} features each, in ${out}`)
  io.out(
    `Replayed from ${day(made.from)} to ${day(made.until)} UTC; ${made.events - made.hits} of ${made.events} slates did not hold what was chosen.`,
  )
  io.out(`Feature schema ${made.featureSchema}`)
  for (const note of made.notes) io.out(`Note: ${note}`)
  return 0
}
