/**
 * The order in which lists name their targets: places. Item numbers say which shard an item is in; places put similar items
 * together across all of them. Inside a lane (a run of numbers, e.g. a shard) both orders agree, so the lane of each place is
 * all that has to be known: a fraction of a byte an item.
 */
export interface Layout {
  /** Place → lane; lane 0 holds the lowest numbers, lane 1 the next … */
  readonly lanes: Uint8Array
  /** Place → item number. */
  readonly numberAt: Uint32Array
}

export function layoutOf(lanes: Uint8Array): Layout {
  const next = new Uint32Array(257)
  for (const lane of lanes) next[lane + 1]!++
  for (let lane = 0; lane < 256; lane++) next[lane + 1]! += next[lane]!
  return { lanes, numberAt: Uint32Array.from(lanes, (lane) => next[lane]!++) }
}
