import type { LocalEdge } from '../../models/publish/localEdge.ts'
import { type LoadOptions, load } from './load.ts'
import { memoryOf, workerProcess } from './processUse.ts'

/** Before it, compilers and caches fill. */
const WARM_UP_SHARE = 0.2
/** With less, the sawtooth of the garbage collector looks like a trend. */
const JUDGED_MINUTES = 5
const CONNECTIONS = 8
const SAMPLE_MS = 1000

/**
 * Memory of the process that runs the Worker under a load that never pauses, as a line of text with a verdict: flat where
 * the line fitted after the warm-up would add less than a tenth in an hour.
 * @param path of the nth request
 */
export async function sustained(
  edge: LocalEdge,
  path: LoadOptions['path'],
  minutes: number,
): Promise<string> {
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
  }).finally(() => clearInterval(timer))
  take()
  if (ended)
    throw new Error('the Worker was started anew under load: was its source changed, or did it crash?')
  const failed = [...statuses].filter(([status]) => status !== 200 && status !== 404)
  if (failed.length > 0) throw new Error(`under load the edge answered ${failed.join('; ')}`)
  const settled = samples.filter(({ minute }) => minute >= WARM_UP_SHARE * minutes)
  const slope = slopeOf(settled)
  const size = settled.reduce((sum, { mb }) => sum + mb, 0) / settled.length
  const verdict =
    minutes < JUDGED_MINUTES
      ? 'too short to judge'
      : Math.abs(slope) * 60 <= size / 10
        ? 'flat'
        : slope > 0
          ? 'it grows'
          : 'it shrinks'
  const mb = (x: number) => x.toFixed(0)
  return (
    `Memory of the Worker's process over ${minutes} minutes of a mixed load (${Math.round(perSecond).toLocaleString('en')} requests a second, ` +
    `p99 ${p99.toFixed(1)} ms): ${mb(samples[0]!.mb)} MB at the start, ${mb(settled[0]!.mb)} MB after the warm-up, ` +
    `${mb(samples.at(-1)!.mb)} MB at the end, at most ${mb(Math.max(...samples.map((sample) => sample.mb)))} MB; ` +
    `slope ${slope >= 0 ? '+' : '−'}${Math.abs(slope).toFixed(2)} MB a minute: **${verdict}**.`
  )
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
