import type { LocalEdge } from '../../models/publish/localEdge.ts'
import { type LoadOptions, load } from './load.ts'
import { memoryOf, workerProcess } from './processUse.ts'

/** Before it, compilers and caches fill. */
const WARM_UP_SHARE = 0.2
/** With less, the sawtooth of the garbage collector looks like a trend. */
const JUDGED_MINUTES = 5
/** Growth of a whole load, as a share of what the warm-up has left: less is lost in the collector's sawtooth. */
const FLAT_SHARE = 0.05
const CONNECTIONS = 8
const SAMPLE_MS = 1000
/** Some hundred requests a second at the most: the simulators keep 10 to 30 kB of each, whatever the Worker does. */
const REST_MS = 50

/** Memory of one process under load. */
interface Grown {
  readonly minutes: number
  readonly perSecond: number
  readonly p99: number
  /** MB at the start, after the warm-up, at the end, at the most. */
  readonly mb: readonly [number, number, number, number]
  /** MB a minute after the warm-up. */
  readonly slope: number
  /** kB for each request after the warm-up. */
  readonly perRequest: number
}

/**
 * Memory of the process that runs the Worker, under a load that lasts. wrangler's simulators live in the same process
 * and keep something of every request themselves, at first at least; so a Worker that does next to nothing is loaded beside.
 * @param path of the nth request
 * @returns lines of text with a verdict
 */
export async function memoryUnderLoad(
  edge: LocalEdge,
  path: LoadOptions['path'],
  control: LocalEdge,
  minutes: number,
): Promise<string> {
  // At the same time, so that whatever else the machine does is the same for both.
  const [ours, least] = await Promise.all([
    sustained(edge, path, minutes),
    sustained(control, () => '/', minutes),
  ])
  const growth = (ours.slope * minutes * (1 - WARM_UP_SHARE)) / ours.mb[1]
  const verdict = minutes < JUDGED_MINUTES ? 'too short to judge' : growth <= FLAT_SHARE ? 'flat' : 'it grows'
  return (
    `Memory of the Worker's process, simulators included, over ${minutes} minutes of a mixed load: ${told(ours)}. ` +
    `At the same time, the same process with a Worker that answers "not found" to everything: ${told(least)}. ` +
    `Fitted growth of ours after the warm-up: ${(100 * growth).toFixed(1)} % (at most ${100 * FLAT_SHARE} % is flat): **${verdict}**.`
  )
}

function told({ perSecond, p99, mb, slope, perRequest }: Grown): string {
  const [start, warm, end, most] = mb.map((x) => x.toFixed(0))
  const sign = slope >= 0 ? '+' : '−'
  return (
    `${start} MB at the start, ${warm} MB after the warm-up, ${end} MB at the end, at most ${most} MB ` +
    `(${sign}${Math.abs(slope).toFixed(1)} MB a minute, ${perRequest.toFixed(1)} kB a request, ` +
    `at ${Math.round(perSecond).toLocaleString('en')} requests a second, p99 ${p99.toFixed(1)} ms)`
  )
}

async function sustained(edge: LocalEdge, path: LoadOptions['path'], minutes: number): Promise<Grown> {
  const pid = workerProcess(edge.pid)
  const samples: { minute: number; mb: number }[] = []
  const began = performance.now()
  let ended = false
  const take = () => {
    try {
      samples.push({ minute: (performance.now() - began) / 60_000, mb: memoryOf(pid) / 1e6 })
    } catch {
      ended = true
    }
  }
  take()
  const timer = setInterval(take, SAMPLE_MS)
  const headers = { 'accept-encoding': 'br' }
  const { perSecond, p99, statuses } = await load(edge.url, {
    connections: CONNECTIONS,
    end: { seconds: 60 * minutes },
    path,
    headers,
    rest: REST_MS,
  }).finally(() => clearInterval(timer))
  take()
  if (ended)
    throw new Error('the Worker was started anew under load: was its source changed, or did it crash?')
  const failed = [...statuses].filter(([status]) => status !== 200 && status !== 404)
  if (failed.length > 0) throw new Error(`under load the edge answered ${failed.join('; ')}`)
  const settled = samples.filter(({ minute }) => minute >= WARM_UP_SHARE * minutes)
  const slope = slopeOf(settled)
  return {
    minutes,
    perSecond,
    p99,
    mb: [samples[0]!.mb, settled[0]!.mb, samples.at(-1)!.mb, Math.max(...samples.map((sample) => sample.mb))],
    slope,
    perRequest: (1000 * slope) / (60 * perSecond),
  }
}

/** Least squares, MB a minute. */
function slopeOf(samples: readonly { minute: number; mb: number }[]): number {
  const mean = (values: readonly number[]) => values.reduce((sum, x) => sum + x, 0) / values.length
  const minute = mean(samples.map((sample) => sample.minute))
  const mb = mean(samples.map((sample) => sample.mb))
  const spread = samples.reduce((sum, sample) => sum + (sample.minute - minute) ** 2, 0)
  const together = samples.reduce((sum, sample) => sum + (sample.minute - minute) * (sample.mb - mb), 0)
  return spread === 0 ? 0 : together / spread
}
