import { isMainThread, parentPort, Worker, workerData } from 'node:worker_threads'
import type { Dataset } from '../dataset.ts'
import type { Settings } from '../settings.ts'
import type { Fitted } from './fitUntil.ts'
import { releaseHalf } from './trainBundles.ts'

interface ReleaseInput {
  readonly dataset: Dataset
  readonly settings: Settings
}

/** The release half in a thread of its own: it needs nothing of the evaluation but the settings, and there are two cores. */
export function releaseInThread(dataset: Dataset, settings: Settings): Promise<Fitted> {
  const { oracle: _, ...plain } = dataset // functions do not cross, and the release has no use for the oracle
  const thread = new Worker(new URL(import.meta.url), {
    workerData: { dataset: plain, settings } satisfies ReleaseInput,
  })
  return new Promise((resolve, reject) => {
    thread.once('message', resolve)
    thread.once('error', reject)
    thread.once('exit', (code) => reject(new Error(`The release thread stopped with code ${code}.`)))
  })
}

if (!isMainThread && parentPort && workerData?.settings) {
  const { dataset, settings } = workerData as ReleaseInput
  parentPort.postMessage(await releaseHalf(dataset, settings))
}
