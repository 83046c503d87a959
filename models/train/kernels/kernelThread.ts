import { parentPort } from 'node:worker_threads'
import { type Job, takeChunks } from './kernels.ts'

parentPort?.on('message', (job: Job) => {
  try {
    takeChunks(job)
  } catch {
    // counted in the job, which then fails where it was started
  }
})
