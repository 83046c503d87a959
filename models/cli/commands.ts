import type { Command } from './command.ts'

interface Entry {
  readonly summary: string
  /** Runs for seconds or more, and leaves nothing half done when it is interrupted. */
  readonly long?: true
  load(): Promise<Command>
}

/** Every verb; its module is loaded when it is called, so that `--help` does not wait for TensorFlow.js. */
export const COMMANDS: Readonly<Record<string, Entry>> = {
  start: {
    summary: 'train, publish into a local edge and open the film site',
    load: async () => (await import('./start.ts')).start,
  },
  data: { summary: 'list data sets, or describe one', load: async () => (await import('./data.ts')).data },
  validate: {
    summary: 'quality of a data set: what is wrong, what it can support',
    load: async () => (await import('./validate.ts')).validate,
  },
  baseline: {
    summary: 'top ten of an interactions file, by mean, shrunken mean, count and trend',
    load: async () => (await import('./baseline.ts')).baseline,
  },
  train: {
    summary: 'fit, evaluate and build the bundles of a data set',
    long: true,
    load: async () => (await import('./train.ts')).trainCommand,
  },
  evaluate: {
    summary: 'the ladder of a bundle, or slates for a given split',
    long: true,
    load: async () => (await import('./evaluate.ts')).evaluate,
  },
  report: {
    summary: 'the model card of a training output, as one HTML page',
    load: async () => (await import('./report.ts')).report,
  },
  tune: {
    summary: 'search settings on validation data, within budgets',
    long: true,
    load: async () => (await import('./tune.ts')).tune,
  },
  features: {
    summary: 'what the ranker reads; its rows, point in time, as Parquet',
    load: async () => (await import('./features.ts')).features,
  },
  inspect: {
    summary: 'one history: its slate, reasons, and what baselines would show',
    load: async () => (await import('./inspect.ts')).inspect,
  },
  runs: {
    summary: 'list, show, compare and repeat training runs',
    long: true,
    load: async () => (await import('./runs.ts')).runs,
  },
  keys: {
    summary: 'make, show, rotate and revoke keys; tokens by name',
    load: async () => (await import('./keys.ts')).keys,
  },
  deploy: {
    summary: 'send the Worker, its secrets and the site to your account',
    load: async () => (await import('./deploy.ts')).deploy,
  },
  publish: {
    summary: 'sign a bundle and put it on the edge; nothing goes live',
    load: async () => (await import('./publish.ts')).publish,
  },
  promote: {
    summary: 'make a published bundle live',
    load: async () => (await import('./promote.ts')).promote,
  },
  canary: {
    summary: 'a published bundle for a share of the visitors',
    load: async () => (await import('./canary.ts')).canary,
  },
  rollback: {
    summary: 'go back to the bundle before this one',
    load: async () => (await import('./rollback.ts')).rollback,
  },
  kill: {
    summary: 'turn personal slates off everywhere, or on again',
    load: async () => (await import('./kill.ts')).kill,
  },
  refresh: {
    summary: 'sign the live head again, as a nightly job does for a folder',
    load: async () => (await import('./refresh.ts')).refresh,
  },
  gc: {
    summary: 'delete from an edge what nothing needs any more',
    load: async () => (await import('./gc.ts')).gc,
  },
  items: {
    summary: 'withdraw, add or re-price single items at once',
    load: async () => (await import('./items.ts')).items,
  },
  rules: {
    summary: 'what a merchandiser wants: pins, boosts, exclusions, caps',
    load: async () => (await import('./rules.ts')).rules,
  },
  doctor: {
    summary: 'checks of a live deployment, from outside',
    load: async () => (await import('./doctor.ts')).doctor,
  },
  backup: {
    summary: 'copy what is live and was, verified, into a folder',
    load: async () => (await import('./backup.ts')).backup,
  },
  restore: {
    summary: 'bring an edge back from such a copy',
    load: async () => (await import('./restore.ts')).restore,
  },
  status: { summary: 'what is live on an edge', load: async () => (await import('./status.ts')).status },
}

/** Verbs of the design that are not built yet. They say so. */
export const PLANNED: Readonly<Record<string, string>> = {
  init: 'a configuration for a new site',
}
