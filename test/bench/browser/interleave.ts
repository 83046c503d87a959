/** Something to time: `run(q)` answers the q-th query. */
export interface Contender {
  readonly name: string
  run(query: number): unknown
}

/** ms for one query. */
export interface Timing {
  readonly best: number
  readonly median: number
}

/** A sample is at least this long: the clock has steps of 5 µs. */
const SAMPLE_MS = 0.3

/**
 * Times contenders in turns, so that what else the machine does falls on all of them alike: ratios of one run count, single
 * times do not. Each takes as many queries for a sample as make it long enough.
 * @param rounds samples of each
 * @param limitMs no further round begins after this long
 */
export function interleave(
  contenders: readonly Contender[],
  queries: number,
  rounds: number,
  limitMs: number,
): Record<string, Timing> {
  const sizes = contenders.map(({ run }) => {
    for (let q = 0; q < 5; q++) run(q % queries) // compiled, and what is made at the first call
    const start = performance.now()
    run(0)
    return Math.max(1, Math.min(64, Math.ceil(SAMPLE_MS / Math.max(performance.now() - start, 0.005))))
  })
  const samples: number[][] = contenders.map(() => [])
  const began = performance.now()
  for (let round = 0; round < rounds && (round < 3 || performance.now() - began < limitMs); round++) {
    for (const [c, { run }] of contenders.entries()) {
      const start = performance.now()
      for (let n = 0; n < sizes[c]!; n++) run((round * sizes[c]! + n) % queries)
      samples[c]!.push((performance.now() - start) / sizes[c]!)
    }
  }
  return Object.fromEntries(
    contenders.map(({ name }, c) => {
      const sorted = samples[c]!.sort((a, b) => a - b)
      return [name, { best: sorted[0]!, median: sorted[sorted.length >> 1]! }]
    }),
  )
}
