import { ForYouError } from '../../shared/domain/errors.ts'
import { deltaBase } from '../build/deltaBase.ts'
import type { Io, ParsedArgs } from './command.ts'
import { connectEdge, edgeTarget } from './connectEdge.ts'
import type { BaseFolder } from './readBase.ts'
import { liveFile, readLive } from './readLive.ts'

/** Blobs on their way at once. */
const PARALLEL = 4

/**
 * The base of what is live, fetched from the edge and verified as a visitor's device would: a job that keeps nothing between
 * its runs renews what visitors have, whatever was rolled back meanwhile.
 * @throws ForYouError `not_found` where nothing is live, `sign_error` or `hash_mismatch` where it is not what was signed
 */
export async function liveBase(args: ParsedArgs, io: Io): Promise<BaseFolder> {
  const client = connectEdge(args, io)
  const { head, manifest } = await readLive(client, edgeTarget(args, io).keysDir)
  if (!head.active || !manifest?.evaluation) {
    throw new ForYouError('not_found', `No evaluated bundle is live on ${client.endpoint}.`, {
      hint: 'Train, publish and promote a whole bundle first.',
    })
  }
  const blobs = new Map<string, ArrayBuffer>()
  const waiting = manifest.files.values()
  const fetchNext = async () => {
    for (const file of waiting) blobs.set(file.role, Uint8Array.from(await liveFile(client, file)).buffer)
  }
  await Promise.all(Array.from({ length: PARALLEL }, fetchNext))
  // In the manifest's order, whatever came first.
  const ordered = new Map(manifest.files.map(({ role }) => [role, blobs.get(role)!]))
  const { evaluation } = manifest
  return {
    base: deltaBase({ manifest, payload: '', hash: head.active.manifest, blobs: ordered }),
    report: {
      ...evaluation,
      timings: {},
      oracleNdcg: null,
      candidateRecall: evaluation.candidateRecall ?? 0,
      slates: 0,
      notes: [],
    },
    evaluation: null,
  }
}
