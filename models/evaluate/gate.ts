import type { Gate, GateCheck } from '../../shared/bundle/evaluation.ts'
import type { Evaluation, Rung } from '../../shared/bundle/manifest.ts'
import type { Settings } from '../settings.ts'
import { MEASURABLE } from './ladder.ts'

/** What is known of a release before it is sealed: nothing that another run would change. */
export interface ReleaseFacts {
  readonly forYou: Rung
  /** Brotli bytes of what ranks: all but item details and ready-made pages. */
  readonly rankBytes: number
  /** Null where every golden case passed, else what went wrong. */
  readonly goldenFault: string | null
}

/**
 * The checks of a bundle besides the ladder. A check that cannot be made, or is not asked of what ships, refuses nothing: too
 * little data ships popularity and content surfaces, and says so.
 */
export function releaseGate(evaluation: Evaluation, facts: ReleaseFacts, limits: Settings['gate']): Gate {
  return gateOf([
    ladderCheck(evaluation),
    ...blendCheck(evaluation, facts),
    ...surfaceChecks(evaluation),
    ...firstVisitCheck(evaluation),
    coverageCheck(evaluation, facts, limits),
    ...bundleChecks(facts, limits),
  ])
}

/**
 * The same with the checks that depend on a clock, which a reproducible manifest cannot hold.
 * @param milliseconds median ranking time of what ships, on this machine
 * @param trainSeconds of all that the bundle holds
 */
export function withClockChecks(
  { checks }: Gate,
  { milliseconds, trainSeconds }: { readonly milliseconds: number; readonly trainSeconds: number },
  { maxMilliseconds, maxTrainSeconds }: Settings['gate'],
): Gate {
  return gateOf([
    ...checks,
    atMost(
      'milliseconds',
      milliseconds,
      maxMilliseconds,
      'ms',
      'median time to rank one list, on this machine',
    ),
    atMost(
      'training',
      trainSeconds,
      maxTrainSeconds,
      's',
      'fitting all that the bundle holds, on this machine',
    ),
  ])
}

/** Whether a check keeps a bundle from going live. */
export function refuses({ passed, warning }: GateCheck): boolean {
  return passed === false && !warning
}

/** The verdict of some checks. */
export function gateOf(checks: readonly GateCheck[]): Gate {
  return { passed: !checks.some(refuses), checks: [...checks] }
}

function ladderCheck({ verdict, summary, ladder }: Evaluation): GateCheck {
  const best = ladder.findLast(({ ships }) => ships)
  const value = best?.gain ? best.gain.low : null
  const passed = verdict === 'not-measurable' ? null : true
  return { name: 'for-you', value, limit: 0, unit: 'relative gain, low end', passed, text: summary }
}

/** The z-score blend of all generators, which never ships. */
export const BLEND = 'z-score-blend'

/**
 * A network that a plain blend of the same generators beats has learned nothing worth its bytes. The blend is no rung: it
 * would need its own way through the browser's code, to be shipped where the network has failed, which is where popularity or
 * a generator alone does.
 */
function blendCheck({ baselines = [] }: Evaluation, { forYou }: ReleaseFacts): GateCheck[] {
  const blend = baselines.find(({ name }) => name === BLEND)
  if (!blend) return []
  const { mean, high } = blend.shipped.gain
  const passed = forYou === 'ranker' ? high >= 0 : null
  const text =
    forYou === 'ranker'
      ? `the ranker against a z-score blend of all generators: ${signedPercent(mean)}`
      : 'asked of the learned ranker alone'
  return [{ name: 'blend', value: high, limit: 0, unit: 'relative gain, high end', passed, text }]
}

function firstVisitCheck({ firstVisits }: Evaluation): GateCheck[] {
  const over = firstVisits?.overTrending
  if (!firstVisits || !over || firstVisits.queries < MEASURABLE.queries) return []
  const text = `first choices of ${firstVisits.queries} visitors without a history: ${firstVisits.shipped.toFixed(4)}, trending ${firstVisits.trending.toFixed(4)}`
  const passed = over.high < 0 ? false : over.low > 0 ? true : null
  return [
    {
      name: 'first visit',
      value: over.high,
      limit: 0,
      unit: 'difference, high end',
      passed,
      warning: true,
      text,
    },
  ]
}

function signedPercent(share: number): string {
  return `${share < 0 ? '−' : '+'}${Math.abs(100 * share).toFixed(1)} %`
}

/** The ladder decides what ships on `for-you` alone, so the others only warn: a refusal could not put a better list there. */
function surfaceChecks({ surfaces = [] }: Evaluation): GateCheck[] {
  return surfaces
    .filter(({ surface }) => surface !== 'for-you')
    .map(({ surface, verdict, difference, text }) => ({
      name: surface,
      value: difference?.high ?? null,
      limit: 0,
      unit: 'difference, high end',
      passed: verdict === 'proven' ? true : verdict === 'worse' ? false : null,
      warning: true,
      text,
    }))
}

function coverageCheck(
  { ladder, verdict }: Evaluation,
  { forYou }: ReleaseFacts,
  { minCoverage }: Settings['gate'],
): GateCheck {
  const value = ladder.find(({ rung }) => rung === forYou)?.metrics['coverage@10'] ?? null
  const asked = forYou !== 'popularity' && verdict !== 'not-measurable' && value !== null
  const text = asked
    ? `${percent(value)} of the catalogue is shown to somebody; at least ${percent(minCoverage)} is asked for`
    : 'not asked of a list that is the same for everybody'
  const passed = asked ? value >= minCoverage : null
  return { name: 'coverage', value, limit: minCoverage, unit: 'share of items', passed, text }
}

function bundleChecks({ rankBytes, goldenFault }: ReleaseFacts, { maxBytes }: Settings['gate']): GateCheck[] {
  return [
    atMost('bytes', rankBytes, maxBytes, 'bytes', 'Brotli, all that ranks, without item details'),
    {
      name: 'golden cases',
      value: null,
      limit: null,
      unit: '',
      passed: goldenFault === null,
      text: goldenFault ?? 'the decoded bundle ranks every recorded case as recorded',
    },
  ]
}

function atMost(name: string, value: number, limit: number, unit: string, what: string): GateCheck {
  const text = `${short(value)} ${unit} of ${short(limit)} allowed (${what})`
  return { name, value, limit, unit, passed: value <= limit, text }
}

function short(x: number): string {
  return x >= 100 ? Math.round(x).toLocaleString('en') : String(Number(x.toPrecision(3)))
}

function percent(share: number): string {
  return `${Number((100 * share).toPrecision(3))} %`
}
