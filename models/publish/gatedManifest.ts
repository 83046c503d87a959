import { readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { evaluationOf, parseEvaluatedManifest } from '../../shared/bundle/evaluation.ts'
import { sha256 } from '../../shared/bundle/hash.ts'
import type { Manifest } from '../../shared/bundle/manifest.ts'
import { ForYouError } from '../../shared/domain/errors.ts'
import { refuses } from '../evaluate/gate.ts'

interface Named {
  readonly name: string
  readonly payload: string
  readonly manifest: Manifest
}

/** What the publisher adds to a bundle; it becomes part of what is signed, so the same choices always give the same name. */
export interface PublisherChoices {
  /** Why a bundle that the gate refused is published all the same. */
  readonly override?: string | undefined
  /** Visitors shall never again accept a version below: that of this bundle, or an earlier one, ms. */
  readonly floor?: 'now' | number | undefined
}

/**
 * The manifest of a bundle folder as it may be published. Where the gate refused it, a reason is needed.
 * @throws ForYouError `gate` naming the checks that failed, where there is no reason; `bad_usage` for a floor above the
 *   bundle's own version, or below the one it has
 */
export async function gatedManifest(dir: string, { override, floor }: PublisherChoices = {}): Promise<Named> {
  const read = await readManifest(dir)
  return withFloor(await pastGate(dir, read, override), floor)
}

async function pastGate(dir: string, read: Named, override: string | undefined): Promise<Named> {
  const failed = failedChecks(dir, read.manifest)
  if (failed.length === 0) return read
  const reason = override?.trim()
  if (!reason) {
    throw new ForYouError('gate', `The gate refused this bundle. ${failed.join('. ')}.`, {
      hint: 'Train a better one, change the limits under settings.gate, or give --override "REASON", which is published with it.',
    })
  }
  return changed(read, { evaluation: { ...read.manifest.evaluation, override: { reason } } })
}

async function withFloor(read: Named, wanted: PublisherChoices['floor']): Promise<Named> {
  if (wanted === undefined) return read
  const { version, floor: before } = read.manifest
  const floor = wanted === 'now' ? version : wanted
  if (floor < before || floor > version) {
    throw new ForYouError(
      'bad_usage',
      `The floor must lie between ${before} and the bundle's version ${version}.`,
      {
        hint: '"--floor now" takes the bundle\'s own version: nothing older is ever accepted again.',
      },
    )
  }
  return floor === before ? read : changed(read, { floor })
}

async function changed({ payload: before }: Named, change: object): Promise<Named> {
  const payload = JSON.stringify({ ...(JSON.parse(before) as Manifest), ...change })
  return { name: await sha256(payload), payload, manifest: parseEvaluatedManifest(payload) }
}

/**
 * @throws ForYouError `not_found` where the folder holds no manifest, `parse_error` where it is damaged
 */
async function readManifest(dir: string): Promise<Named> {
  const path = join(dir, 'manifest.json')
  let payload: string
  try {
    payload = readFileSync(path, 'utf8')
  } catch (cause) {
    const hint = 'Is this the folder of a bundle? "foryou train" makes one.'
    throw new ForYouError('not_found', `${path} cannot be read.`, { cause, hint })
  }
  const manifest = parseEvaluatedManifest(payload)
  const evaluation = await evaluationOf(manifest, (file) => readFileSync(join(dir, 'b', file.sha256)))
  return { name: await sha256(payload), payload, manifest: { ...manifest, evaluation } }
}

/** Those of the manifest, and those of the report beside the folder, which also knows what a clock said. */
function failedChecks(dir: string, { evaluation }: Manifest): string[] {
  const gates = [evaluation?.gate, reportBeside(dir, evaluation?.manifest)]
  const failed = gates.flatMap((gate) => gate?.checks.filter(refuses) ?? [])
  return [...new Set(failed.map(({ name, text }) => `${name}: ${text}`))]
}

function reportBeside(
  dir: string,
  evaluated: string | null | undefined,
): NonNullable<Manifest['evaluation']>['gate'] {
  try {
    const report = JSON.parse(readFileSync(join(dirname(dir), 'report.json'), 'utf8'))
    return report.manifest === evaluated ? report.gate : undefined
  } catch {
    return undefined
  }
}
