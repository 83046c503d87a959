import { alsRows } from './alsRows.ts'
import { multiplyRows } from './multiplyRows.ts'
import { neighbourRows } from './neighbourRows.ts'

/**
 * What threads can run, by name. A kernel handles rows `from … to` of its job and writes only what belongs to those rows,
 * so the result does not depend on who ran which rows, or on how many threads there were.
 */
export const KERNELS = { neighbourRows, multiplyRows, alsRows } as const
export type KernelName = keyof typeof KERNELS
export type KernelInput<N extends KernelName> = Parameters<(typeof KERNELS)[N]>[0]

/** One job as it is sent to a thread: plain values, and arrays on shared memory. */
export interface Job<N extends KernelName = KernelName> {
  readonly kernel: N
  readonly input: KernelInput<N>
  readonly rows: number
  /** Rows that are taken at once. */
  readonly chunk: number
  /** Shared: next row to take, chunks finished, chunks failed. */
  readonly control: Int32Array
}

export const NEXT = 0
export const DONE = 1
export const FAILED = 2

/** Takes chunks of a job until none is left. */
export function takeChunks({ kernel, input, rows, chunk, control }: Job): void {
  const run = KERNELS[kernel] as (input: unknown, from: number, to: number) => void
  for (;;) {
    const from = Atomics.add(control, NEXT, chunk)
    if (from >= rows) return
    try {
      run(input, from, Math.min(from + chunk, rows))
    } catch (error) {
      Atomics.add(control, FAILED, 1)
      throw error
    } finally {
      Atomics.add(control, DONE, 1)
      Atomics.notify(control, DONE)
    }
  }
}
