import { createHash } from 'node:crypto'
import * as v from 'valibot'
import { parseJson } from '../../shared/bundle/manifest.ts'

export const RUN_SCHEMA = 1

const Text = v.string()
const Metrics = v.record(v.string(), v.number())

/** How the data was asked for, so that it can be loaded again. */
const DataSourceSchema = v.object({
  /** Name, or absolute path; absent where the default was taken. */
  argument: v.optional(Text),
  /** The column mapping as it was given. */
  columns: v.optional(Text),
  allowBad: v.boolean(),
})
export type DataSource = v.InferOutput<typeof DataSourceSchema>

const DataSchema = v.object({
  name: Text,
  source: DataSourceSchema,
  /** SHA-256 of the interactions. */
  fingerprint: Text,
  /** SHA-256 of the catalogue: titles, years, attributes. */
  catalogue: Text,
  order: Text,
  interactions: v.number(),
  users: v.number(),
  items: v.number(),
})
export type RunData = v.InferOutput<typeof DataSchema>

const CodeSchema = v.object({
  version: Text,
  /** Commit of the repository that the code lies in; `null` where there is none. */
  commit: v.nullable(Text),
  /** Whether files differed from the commit. */
  dirty: v.boolean(),
  /** SHA-256 of the sources: the same code has the same, with or without a repository. */
  sources: Text,
})
export type CodeVersion = v.InferOutput<typeof CodeSchema>

const EnvironmentSchema = v.object({
  node: Text,
  platform: Text,
  cpu: Text,
  cores: v.number(),
  memoryBytes: v.number(),
  /** Library and backend that fits the network. */
  tensorflow: Text,
})
export type Environment = v.InferOutput<typeof EnvironmentSchema>

/** Everything that it takes to understand a run later, and to make it again. */
const RunSchema = v.object({
  schema: v.literal(RUN_SCHEMA),
  id: Text,
  kind: v.picklist(['train', 'evaluate', 'tune']),
  /** ISO moment, UTC. */
  started: Text,
  seconds: v.number(),
  /** The run that this one repeats. */
  rerunOf: v.optional(Text),
  data: DataSchema,
  site: v.optional(Text),
  linkTemplate: v.optional(Text),
  /** Whether the data counted as archived: it depends on the day of training, and stands in the manifest. */
  archive: v.optional(v.boolean()),
  /** Effective settings, chosen ones included; the seed is one of them. */
  settings: v.record(v.string(), v.unknown()),
  /** Module of the configuration → SHA-256 of its file. */
  plugins: v.optional(v.record(v.string(), v.string())),
  code: CodeSchema,
  environment: EnvironmentSchema,
  protocol: Text,
  verdict: v.nullable(Text),
  summary: Text,
  /** Row of the ladder, baseline or model → metric → value. */
  metrics: v.record(v.string(), Metrics),
  /** Row → what it cost: `milliseconds`, `trainSeconds`, `bytes`. */
  costs: v.record(v.string(), Metrics),
  /** Path of an output → its SHA-256. */
  artefacts: v.record(v.string(), Text),
  notes: v.array(Text),
})
export type RunRecord = v.InferOutput<typeof RunSchema>

/** @throws ForYouError `parse_error` naming the first field that is wrong */
export function parseRun(text: string): RunRecord {
  return parseJson(RunSchema, text, 'run')
}

/** Names a run by its start and its content: ids sort by time, and no two runs share one. */
export function withId(record: Omit<RunRecord, 'id' | 'schema'>): RunRecord {
  const digest = createHash('sha256').update(JSON.stringify(record)).digest('hex')
  const stamp = record.started.slice(0, 19).replace(/[-:]/g, '').replace('T', '-')
  return { schema: RUN_SCHEMA, id: `${stamp}-${digest.slice(0, 8)}`, ...record }
}
