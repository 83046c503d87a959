import * as tf from '@tensorflow/tfjs'
import { open } from '../../models/build/builtBundle.ts'
import { ratioInterval } from '../../models/evaluate/bootstrap.ts'
import { fingerprint } from '../../models/ingest/fingerprint.ts'
import { type LoadOptions, loadDataset } from '../../models/ingest/loadDataset.ts'
import { train } from '../../models/pipeline/train.ts'
import { seededRandom } from '../../models/random.ts'
import { inventWorld } from '../../models/world/syntheticWorld.ts'
import { type Life, liveOnce, type Mind, stageFor } from './learningLife.ts'

const VISITORS = 40
/** Nobody has taught anything before. */
const FROM_SESSION = 10

const MINDS: readonly { readonly mind: Mind; readonly said: string }[] = [
  { mind: 'population', said: 'as those that trained the ranker' },
  { mind: 'indifferent', said: 'what is popular means little to them' },
  { mind: 'older', said: 'and nothing of the last forty days' },
  { mind: 'random', said: 'click anything' },
  { mind: 'last', said: 'always click the last' },
  { mind: 'refuses', said: 'refuse the first of every slate' },
]

/**
 * Fifty sessions of simulated visitors with the shipped ranker and with one that learns, by the same draws: how good slates
 * are is known from the chances that visitors choose by.
 */
export async function learning(places: LoadOptions) {
  await tf.setBackend('cpu')
  const dataset = await loadDataset('synthetic', places)
  const { release } = await train(
    dataset,
    {},
    { site: 'bench', fingerprint: await fingerprint(dataset), archive: true, progress: () => {} },
  )
  const stage = stageFor(open(release), inventWorld())
  const rows = MINDS.map(({ mind, said }) => {
    const seeds = Array.from({ length: VISITORS }, (_, v) => 1000 + v)
    const shipped = seeds.map((seed) => liveOnce(stage, seed, mind, false))
    const learned = seeds.map((seed) => liveOnce(stage, seed, mind, true))
    const quality = (lives: readonly Life[]) =>
      Float64Array.from(lives, ({ ndcg }) => mean(ndcg.slice(FROM_SESSION)))
    const before = quality(shipped)
    const after = quality(learned)
    const difference = after.map((x, v) => x - before[v]!)
    const gain = ratioInterval(
      difference,
      new Float64Array(VISITORS).fill(1),
      Int32Array.from(seeds.keys()),
      seededRandom(1),
    )
    const reach = Math.max(...learned.map((life) => life.reach))
    return [
      `${mind}: ${said}`,
      mean(before).toFixed(4),
      mean(after).toFixed(4),
      `${signed(gain.mean)} [${signed(gain.low)}, ${signed(gain.high)}]`,
      `${learned.filter(({ applied }) => applied).length} of ${VISITORS}`,
      `${(100 * reach).toFixed(0)} %`,
    ]
  })
  return {
    head: ['visitors', 'NDCG@20 shipped', 'learning', 'difference, 95 %', 'applied at the end', 'furthest'],
    rows,
    note: `Synthetic world, ${VISITORS} visitors of each mind, sessions ${FROM_SESSION + 1} to 50, expected NDCG@20 by the chances that choices are drawn from; paired bootstrap over visitors. "Furthest" is of the trust region. \`npm run bench -- learning\``,
  }
}

function mean(values: ArrayLike<number>): number {
  let sum = 0
  for (let i = 0; i < values.length; i++) sum += values[i]!
  return sum / values.length
}

const signed = (x: number) => `${x < 0 ? '−' : '+'}${Math.abs(x).toFixed(4)}`
