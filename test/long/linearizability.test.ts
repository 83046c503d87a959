import { expect, it } from 'vitest'
import { deliveryWorld } from '../shared/deliveryWorld.ts'
import { trial } from '../shared/linearizability.ts'

const SEEDS = 600

it(`${SEEDS} seeds of four administrators with lost requests and answers lose no acknowledged operation`, {
  timeout: 600_000,
}, async () => {
  const world = await deliveryWorld()
  for (let seed = 1000; seed < 1000 + SEEDS; seed++) {
    expect((await trial(world, seed)).faults, `seed ${seed}`).toEqual([])
  }
})
