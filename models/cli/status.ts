import type { Head, Manifest } from '../../shared/bundle/manifest.ts'
import type { DeliveryStatus } from '../../shared/delivery/api.ts'
import type { AuditLine } from '../../shared/delivery/deliveryStore.ts'
import { SCOPES } from '../../shared/delivery/operation.ts'
import { errorCode } from '../../shared/domain/errors.ts'
import type { EdgeClient } from '../publish/edgeClient.ts'
import { moment, short } from './changeLive.ts'
import type { Command } from './command.ts'
import { connectEdge, EDGE_FLAG, EDGE_USAGE, edgeTarget } from './connectEdge.ts'
import { readLive } from './readLive.ts'
import { textTable } from './textTable.ts'
import { AGE_FLAGS, AGE_USAGE, tooOld } from './tooOld.ts'

export const status: Command = {
  name: 'status',
  summary:
    'Says what is live on an edge, after checking it as a visitor would: since when, who promoted it, its evaluation and size. Exit code 1 if a visitor would refuse it.',
  usage: `[--audit N] ${AGE_USAGE} ${EDGE_USAGE}`,
  flags: {
    ...EDGE_FLAG,
    ...AGE_FLAGS,
    audit: { type: 'string', value: 'N', summary: 'list the latest N changes: who did what, and why' },
  },
  positionals: [0, 0],
  async run(args, io) {
    const client = connectEdge(args, io)
    const limit = args.integer('audit')
    const { head, manifest } = await readLive(client, edgeTarget(args, io).keysDir)
    const known = await ifAllowed(() => client.status())
    const lines = limit === undefined ? null : await client.audit(limit)
    const expired = io.now() >= head.expires || (head.active !== null && io.now() >= head.active.notAfter)
    const old = tooOld(head, manifest, args, io.now())
    const code = expired || old.length > 0 ? 1 : 0
    if (args.boolean('json')) {
      const more = { ...known, ...(lines && { audit: lines }) }
      io.out(JSON.stringify({ edge: client.endpoint, expired, tooOld: old, head, manifest, ...more }))
      return code
    }
    for (const line of headLines(client, head, expired)) io.out(line)
    if (head.active && manifest) for (const line of liveLines(head.active, manifest, known)) io.out(line)
    if (known) for (const line of knownLines(known)) io.out(line)
    if (lines) for (const line of auditLines(lines)) io.out(line)
    for (const line of old) io.out(line)
    return code
  },
}

function headLines(client: EdgeClient, head: Head, expired: boolean): string[] {
  return [
    `${client.endpoint}, site "${head.site}": head ${head.seq}, written ${moment(head.issued)}.`,
    expired ? 'EXPIRED: visitors keep what they have.' : `The head is good until ${moment(head.expires)}.`,
    ...(head.kill ? ['KILLED: personal slates are off everywhere. To turn them on: foryou kill --off'] : []),
    ...(head.active ? [] : ['Nothing is live.']),
    ...(head.canary
      ? [`Canary: ${short(head.canary.manifest)} for ${head.canary.permille / 10} % of the visitors.`]
      : []),
    ...(head.blobBase ? [`Blobs lie at ${printable(head.blobBase)} too.`] : []),
    ...(head.backoff ? [`Devices are asked to leave the edge alone for ${head.backoff} s.`] : []),
    ...(head.rules ? ['Rules of the site hold: foryou rules'] : []),
    ...(head.overlay ? [`Items changed since: overlay ${short(head.overlay)} (foryou items list).`] : []),
  ]
}

function liveLines(
  { manifest: name, notAfter }: NonNullable<Head['active']>,
  { data, files, forYou, evaluation, base }: Manifest,
  known: DeliveryStatus | null,
): string[] {
  const since = known?.versions[0]?.manifest === name ? known.versions[0] : null
  const bytes = files.reduce((sum, file) => sum + file.bytes, 0)
  return [
    `Live: ${name}`,
    ...(since ? [`  since ${moment(since.since)}, promoted by ${person(since.who)}`] : []),
    `  good until ${moment(notAfter)}`,
    `  data "${data.name}"${data.synthetic ? ' (synthetic)' : ''}, ${data.items.toLocaleString('en')} items${data.to > 0 ? `, until ${moment(data.to)}` : ''}`,
    `  for-you by ${forYou}; ${files.length} files, ${bytes.toLocaleString('en')} bytes before compression`,
    ...(base ? [`  a small update on ${short(base.manifest)} of ${moment(base.built)}`] : []),
    ...(evaluation ? [`  ${evaluation.summary}`] : ['  not evaluated']),
    ...(evaluation?.override
      ? [`  The gate refused it; published because: ${printable(evaluation.override.reason)}`]
      : []),
  ]
}

function knownLines({ versions, proposals }: DeliveryStatus): string[] {
  const earlier = versions.slice(1)
  return [
    ...(earlier.length > 0 ? ['Before it, the newest first ("foryou rollback" goes to the first):'] : []),
    ...earlier.map(
      ({ manifest, since, who }) => `  ${short(manifest)}  since ${moment(since)}, by ${person(who)}`,
    ),
    ...proposals.flatMap(({ op, did, who }) => [
      `${person(who)} wants to ${did.split(' ')[0]} ${short(did.split(' ')[1] ?? null)}. Somebody else may:`,
      `  foryou promote --approve ${op}`,
    ]),
  ]
}

const AUDIT_COLUMNS = ['head', 'when', 'who', 'did', 'live then', 'why'].map((heading, i) => ({
  heading,
  ...(i === 0 && { align: 'right' as const }),
}))

function auditLines(lines: readonly AuditLine[]): string[] {
  const rows = lines.map(({ seq, at, who, did, manifest, reason }) => [
    String(seq),
    moment(at),
    printable(who),
    printable(wishText(did)),
    short(manifest),
    printable(reason ?? ''),
  ])
  return ['', ...textTable(AUDIT_COLUMNS, rows).split('\n')]
}

/** The trail is for those who have a token; what a visitor can see is for everybody. */
async function ifAllowed<T>(ask: () => Promise<T>): Promise<T | null> {
  try {
    return await ask()
  } catch (error) {
    if (['unauthorised', 'forbidden', 'not_found', 'unavailable'].includes(errorCode(error))) return null
    throw error
  }
}

/** One line, no control characters: names and reasons come from elsewhere. */
function printable(text: string): string {
  return text.replace(/\p{C}/gu, ' ')
}

/** A token without a name goes by its scope. */
function person(who: string): string {
  return SCOPES.some((scope) => scope === who) ? `whoever holds the ${who} token` : printable(who)
}

/** `canary <manifest> 25` as a person would write it. */
function wishText(did: string): string {
  return did
    .replace(/^(canary \w+) (\d+)$/, (_, canary, permille) => `${canary} ${Number(permille) / 10} %`)
    .replace(/[0-9a-f]{64}/g, (hash) => short(hash))
}
