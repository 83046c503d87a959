import { availableParallelism } from 'node:os'
import { Worker } from 'node:worker_threads'
import { DONE, FAILED, type KernelInput, type KernelName, takeChunks } from './kernels/kernels.ts'
import { sharedInt32 } from './sharedArrays.ts'

/** Threads that share memory with the caller. */
export interface Threads {
  /**
   * Runs a kernel over rows 0 … rows − 1 and returns when all are done. The caller works too and waits only for chunks that
   * a thread has taken: a thread that starts late, or never, costs nothing but time.
   * @param input its outputs must lie on shared memory
   */
  run<N extends KernelName>(kernel: N, input: KernelInput<N>, rows: number, chunk?: number): void
  close(): void
}

/** More than this many gain nothing on memory-bound sums. */
const MAX_THREADS = 8

/** @param count threads that work, the caller included; one for each core unless told otherwise */
export function openThreads(count = Math.min(MAX_THREADS, availableParallelism())): Threads {
  const workers: Worker[] = []
  return {
    run(kernel, input, rows, chunk = 128) {
      while (rows > chunk && workers.length < count - 1) {
        const worker = new Worker(new URL('./kernels/kernelThread.ts', import.meta.url))
        worker.unref()
        workers.push(worker)
      }
      const job = { kernel, input, rows, chunk, control: sharedInt32(3) }
      for (const worker of workers) worker.postMessage(job)
      takeChunks(job)
      const chunks = Math.ceil(rows / chunk)
      for (;;) {
        const done = Atomics.load(job.control, DONE)
        if (done >= chunks) break
        Atomics.wait(job.control, DONE, done)
      }
      if (Atomics.load(job.control, FAILED) > 0) throw new Error(`Kernel ${kernel} failed in a thread.`)
    },
    close() {
      for (const worker of workers) void worker.terminate()
      workers.length = 0
    },
  }
}

/** Threads for the length of one piece of work. */
export function withThreads<T>(work: (threads: Threads) => T, count?: number): T {
  const threads = openThreads(count)
  try {
    return work(threads)
  } finally {
    threads.close()
  }
}
