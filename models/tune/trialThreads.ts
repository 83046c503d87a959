import { availableParallelism } from 'node:os'
import { isMainThread, parentPort, Worker, workerData } from 'node:worker_threads'
import { ForYouError } from '../../shared/domain/errors.ts'
import type { Settings } from '../settings.ts'
import { type Measurement, measureSettings } from './measureSettings.ts'
import type { Problem } from './problem.ts'

interface Job {
  readonly settings: Settings
  readonly share: number
}
type Outcome = Measurement | { readonly failed: string }
type Answer = { readonly outcome: Outcome } | { readonly defect: unknown }

/** Threads that measure settings, one for each core, each with its own copy of the problem. */
export interface TrialThreads {
  readonly size: number
  /** One outcome a job, in the order of the jobs; `onDone` hears of each as it comes. */
  measure(jobs: readonly Job[], onDone: (job: number, outcome: Outcome) => void): Promise<void>
  close(): Promise<void>
}

export function openTrialThreads(problem: Problem, size = availableParallelism()): TrialThreads {
  const threads = Array.from(
    { length: size },
    () => new Worker(new URL(import.meta.url), { workerData: { problem } }),
  )
  for (const thread of threads) thread.setMaxListeners(0)
  return {
    size,
    async measure(jobs, onDone) {
      let next = 0
      const work = async (thread: Worker) => {
        while (next < jobs.length) {
          const job = next++
          onDone(job, await ask(thread, jobs[job]!))
        }
      }
      await Promise.all(threads.slice(0, Math.max(1, jobs.length)).map(work))
    },
    async close() {
      await Promise.all(threads.map((thread) => thread.terminate()))
    },
  }
}

function ask(thread: Worker, job: Job): Promise<Outcome> {
  return new Promise((resolve, reject) => {
    const done = () => {
      thread.off('message', answered)
      thread.off('error', failed)
      thread.off('exit', gone)
    }
    const answered = (answer: Answer) => {
      done()
      if ('outcome' in answer) resolve(answer.outcome)
      else reject(answer.defect)
    }
    const failed = (error: unknown) => {
      done()
      reject(error)
    }
    const gone = (code: number) => failed(new Error(`A tuning thread stopped with code ${code}.`))
    thread.on('message', answered)
    thread.on('error', failed)
    thread.on('exit', gone)
    thread.postMessage(job)
  })
}

async function answer({ settings, share }: Job): Promise<Answer> {
  try {
    const {
      values: _,
      userOf: __,
      dayOf: ___,
      ...measured
    } = await measureSettings(workerData.problem, settings, share)
    return { outcome: measured }
  } catch (error) {
    // Settings that do not fit the data are a result; a defect stops the search.
    return error instanceof ForYouError ? { outcome: { failed: error.message } } : { defect: error }
  }
}

if (!isMainThread && parentPort && workerData?.problem) {
  const port = parentPort
  port.on('message', async (job: Job) => port.postMessage(await answer(job)))
}
