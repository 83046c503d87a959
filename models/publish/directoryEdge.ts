import { EnvelopeSchema } from '../../shared/bundle/envelope.ts'
import { parseHead, parseJson } from '../../shared/bundle/manifest.ts'
import type { Changed, ChangeKind, Wish } from '../../shared/delivery/api.ts'
import { FRESH_MS } from '../../shared/delivery/checkManifest.ts'
import { collectGarbage } from '../../shared/delivery/collectGarbage.ts'
import { deliveryStatus } from '../../shared/delivery/deliveryStatus.ts'
import { type DeliveryRules, performChange } from '../../shared/delivery/performChange.ts'
import { putSigned } from '../../shared/delivery/putSigned.ts'
import { DAY_MS } from '../../shared/domain/clock.ts'
import { ForYouError } from '../../shared/domain/errors.ts'
import { routes } from '../../shared/domain/routes.ts'
import { type DirectoryStore, openDirectoryStore, stateOf } from './directoryStore.ts'
import { type EdgeClient, retried } from './edgeClient.ts'
import { hashOf } from './hashOf.ts'
import { readOpsKeys, readPins } from './keys.ts'

/** No cron signs a folder again: its head is good for a month. */
export const FOLDER_HEAD_LIFE_MS = 30 * DAY_MS
/** A round takes milliseconds, and somebody wins each. */
const CONFLICT_ATTEMPTS = 200
/** No run takes that long. */
const UNFINISHED_LIFE_MS = DAY_MS

export interface DirectoryEdgeOptions {
  readonly dir: string
  readonly site: string
  /** The environment of the configuration, if the keys are those of one. */
  readonly environment?: string | undefined
  /** Where pins and ops keys lie. */
  readonly keysDir: string
  /** For the audit trail. */
  readonly who: string
  /** ms since 1970 UTC */
  now(): number
}

/**
 * An edge that is a folder: the same operations by the same code as in the Worker, signed here with the ops key.
 * @throws ForYouError `bad_config` where the keys are not there
 */
export function openDirectoryEdge(options: DirectoryEdgeOptions): EdgeClient {
  const { dir, site, keysDir, who, now } = options
  const store = openDirectoryStore(dir)
  let known: DeliveryRules | undefined
  // Whoever only reads needs no keys.
  const rules = () => {
    known ??= {
      site,
      pins: readPins(keysDir),
      opsKey: readOpsKeys(keysDir)[0]!,
      approvals: false,
      headLife: FOLDER_HEAD_LIFE_MS,
    }
    return known
  }
  return {
    endpoint: dir,
    folder: true,
    head: async () => (await store.head())?.envelope ?? null,
    document: async (name) => (await store.document(name))?.envelope ?? null,
    blob: async (name) => store.blob(name),
    async missing(names) {
      const stored = await store.blobs(names)
      const since = now() - FRESH_MS
      // Files may have been copied about: only what has its hash is there.
      return names.filter((name) => {
        const fresh = (stored.get(name)?.uploaded ?? 0) > since
        const bytes = fresh ? store.blob(name) : null
        return !(bytes && hashOf(bytes) === name)
      })
    },
    putBlob: async (name, coding, bytes) => store.putBlob(name, coding, bytes, now() - FRESH_MS),
    async putDocument(name, kind, envelope) {
      checkOwner(store, options)
      return putSigned(store, rules(), kind, name, JSON.stringify(envelope), now())
    },
    async change<K extends ChangeKind>(kind: K, wish: Wish<K>): Promise<Changed<K>> {
      checkOwner(store, options)
      const attempt = () => performChange(store, rules(), kind, { ...wish, who }, now())
      const done = await retried(wish.seq, attempt, { attempts: CONFLICT_ATTEMPTS })
      await showPopular(store)
      return done
    },
    status: () => deliveryStatus(store, rules(), now()),
    audit: (limit) => store.lines(limit),
    async collectGarbage(dryRun) {
      const collected = await collectGarbage(store, rules(), now(), { dryRun })
      if (!dryRun) store.sweep(now() - UNFINISHED_LIFE_MS)
      return collected
    },
  }
}

/** Keys of one environment must not sign for another: visitors there would refuse all of it. */
function checkOwner(store: DirectoryStore, { dir, site, environment }: DirectoryEdgeOptions): void {
  const own = `site "${site}"${environment === undefined ? '' : `, environment "${environment}"`}`
  const owner = store.claim(own)
  if (owner === own) return
  throw new ForYouError('wrong_site', `${dir} belongs to ${owner}, not to ${own}.`, {
    hint: `Give another --env, or another folder. To start anew, remove ${dir} and ${stateOf(dir)}.`,
  })
}

/** The lists that the live head names, where visitors find them without knowing a hash. Repeated, it finishes what a crash left. */
async function showPopular(store: DirectoryStore): Promise<void> {
  const stored = await store.head()
  if (!stored) return
  const { active } = parseHead(parseJson(EnvelopeSchema, stored.envelope, 'head envelope').payload)
  for (const [path, name] of [
    [routes.popular, active?.popularJson],
    [routes.popularHtml, active?.popularHtml],
  ] as const) {
    const bytes = name === undefined ? null : store.blob(name)
    if (name !== undefined && bytes === null) {
      throw new ForYouError('not_found', `The popular list ${name} is not there.`, { hint: 'Publish again.' })
    }
    store.show(path, bytes)
  }
}
