import type { RunRecord } from './runRecord.ts'

/** One setting, or one fact about data, code or machine, that is not the same in all runs. */
export interface Difference {
  readonly name: string
  /** One value a run, as text. */
  readonly values: readonly string[]
}

/** One metric of one row, side by side. */
export interface MetricRow {
  readonly row: string
  readonly metric: string
  /** One value a run; `null` where it has none. */
  readonly values: readonly (number | null)[]
}

export interface Comparison {
  readonly settings: readonly Difference[]
  readonly circumstances: readonly Difference[]
  readonly metrics: readonly MetricRow[]
  /** Outputs that are not the same bytes in all runs, and how many there are. */
  readonly artefacts: { readonly differ: readonly string[]; readonly all: number }
  /** Whether the runs saw the same data: figures of different data cannot be compared. */
  readonly sameData: boolean
}

/** What differs between runs, the first one being what the others are compared with. */
export function compareRuns(runs: readonly RunRecord[]): Comparison {
  const outputs = unionOf(runs.map(({ artefacts }) => Object.keys(artefacts)))
  return {
    settings: differences(runs.map(({ settings }) => flat(settings))),
    circumstances: differences(runs.map(circumstancesOf)),
    metrics: unionOf(runs.map(({ metrics }) => Object.keys(metrics))).flatMap((row) =>
      unionOf(runs.map(({ metrics }) => Object.keys(metrics[row] ?? {}))).map((metric) => ({
        row,
        metric,
        values: runs.map(({ metrics }) => metrics[row]?.[metric] ?? null),
      })),
    ),
    artefacts: {
      differ: outputs.filter((name) => new Set(runs.map(({ artefacts }) => artefacts[name])).size > 1),
      all: outputs.length,
    },
    sameData: new Set(runs.map(({ data }) => `${data.fingerprint} ${data.catalogue}`)).size === 1,
  }
}

function circumstancesOf({
  data,
  plugins = {},
  code,
  environment,
  protocol,
  archive,
}: RunRecord): Record<string, string> {
  return {
    data: data.name,
    fingerprint: data.fingerprint.slice(0, 12),
    catalogue: data.catalogue.slice(0, 12),
    protocol,
    archive: String(archive ?? ''),
    version: code.version,
    commit: `${code.commit?.slice(0, 12) ?? 'none'}${code.dirty ? ' + changes' : ''}`,
    sources: code.sources.slice(0, 12),
    ...Object.fromEntries(Object.entries(plugins).map(([path, hash]) => [path, hash.slice(0, 12)])),
    node: environment.node,
    platform: environment.platform,
    cpu: environment.cpu,
    cores: String(environment.cores),
    tensorflow: environment.tensorflow,
  }
}

/** Nested settings by dotted path, e.g. `neighbours.length`. */
function flat(value: Readonly<Record<string, unknown>>, prefix = ''): Record<string, string> {
  return Object.fromEntries(
    Object.entries(value).flatMap(([key, inner]) =>
      isRecord(inner)
        ? Object.entries(flat(inner, `${prefix}${key}.`))
        : [[`${prefix}${key}`, JSON.stringify(inner) ?? 'undefined']],
    ),
  )
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

function differences(all: readonly Readonly<Record<string, string>>[]): Difference[] {
  return unionOf(all.map((one) => Object.keys(one)))
    .map((name) => ({ name, values: all.map((one) => one[name] ?? '–') }))
    .filter(({ values }) => new Set(values).size > 1)
}

/** In the order of first appearance. */
function unionOf(lists: readonly (readonly string[])[]): string[] {
  return [...new Set(lists.flat())]
}
