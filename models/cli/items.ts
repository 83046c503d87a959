import { resolve } from 'node:path'
import type { OverlayItem } from '../../shared/bundle/overlay.ts'
import { ForYouError } from '../../shared/domain/errors.ts'
import { canonicalId } from '../ingest/idCodes.ts'
import { parseNumber } from '../ingest/moments.ts'
import { readCatalogue } from '../ingest/readCatalogue.ts'
import { readPins, readReleaseKeys } from '../publish/keys.ts'
import { readLiveItems } from '../publish/liveItems.ts'
import { newItems } from '../publish/newItems.ts'
import { NOTHING, restore, type SaidChange, say, withdraw } from '../publish/overlayChanges.ts'
import { putItems } from '../publish/putItems.ts'
import type { Command, Io, ParsedArgs } from './command.ts'
import { connectEdge, EDGE_FLAG, EDGE_USAGE, edgeTarget } from './connectEdge.ts'
import { ITEM_FLAGS, itemOfFlags } from './itemOfFlags.ts'
import { doneLines, saidLines } from './itemsText.ts'
import { noteRejected } from './noteRejected.ts'

/** What a verb makes of its arguments. */
interface Intent {
  readonly change: SaidChange
  /** Ids that should be known: a typing error must not pass for success. */
  readonly ids: readonly string[]
  /** What was left out, one sentence each. */
  readonly notes?: readonly string[]
}

const VERBS: Readonly<Record<string, (args: ParsedArgs, io: Io) => Promise<Intent>>> = {
  async withdraw(args) {
    const ids = idsOf(args, 'withdraw')
    return { change: withdraw(ids), ids }
  },
  async restore(args) {
    const ids = idsOf(args, 'restore')
    return { change: restore(ids), ids }
  },
  price: async (args) => ({ change: priced(args), ids: [] }),
  add: addition,
  async clear(args) {
    none(args, 'clear')
    return { change: () => NOTHING, ids: [] }
  },
  async refresh(args) {
    none(args, 'refresh')
    return { change: (said) => said, ids: [] }
  },
}

export const items: Command = {
  name: 'items',
  summary:
    'Withdraws, adds or re-prices single items at once, without training, by a small signed document beside the live bundle.',
  usage: [
    '[list]',
    'withdraw ID… | restore ID…',
    'price ID PRICE',
    'add FILE',
    'add --id ID --title TEXT [--link URL] [--image URL] [--year N] [--price N] [--attributes LIST]',
    `refresh | clear | … [--reason TEXT] ${EDGE_USAGE}`,
  ].join('\n'),
  flags: {
    ...ITEM_FLAGS,
    ...EDGE_FLAG,
    reason: { type: 'string', value: 'TEXT', summary: 'why, in at most 80 characters, for the audit trail' },
  },
  positionals: [0, 5000],
  async run(args, io) {
    const [verb = 'list'] = args.positionals
    if (verb === 'list') return list(args, io)
    const read = VERBS[verb]
    if (!read) throw usage(`There is no "foryou items ${verb}"`)
    const { change, ids, notes = [] } = await read(args, io)
    const client = connectEdge(args, io)
    const { keysDir } = edgeTarget(args, io)
    const done = await putItems(client, change, {
      pins: readPins(keysDir),
      releaseKeys: () => readReleaseKeys(keysDir),
      now: () => io.now(),
      reason: args.string('reason'),
    })
    const { bundle, overlay } = done.live
    const added = new Set([...(overlay ?? NOTHING).items, ...done.said.items].map(({ id }) => id))
    const before = new Set(verb === 'restore' ? overlay?.withdrawn : [])
    const unknown = ids.filter((id) => !bundle.numberOf.has(id) && !added.has(id) && !before.has(id))
    const hidden = verb === 'add' ? done.said.withdrawn.filter((id) => added.has(id)) : []
    const all = [
      ...notes,
      ...unknown.map((id) => `"${id}" is in no live catalogue: is that the whole id?`),
      ...hidden.map((id) => `"${id}" is withdrawn and stays so: foryou items restore ${id}`),
    ]
    for (const note of all) io.note(note)
    if (args.boolean('json')) {
      const { said, bytes, seq, changed } = done
      io.out(JSON.stringify({ edge: client.endpoint, changed, seq, bytes, ...said, notes: all }))
    } else for (const line of doneLines(done, client)) io.out(line)
    return 0
  },
}

async function list(args: ParsedArgs, io: Io): Promise<number> {
  none(args, 'list')
  const client = connectEdge(args, io)
  const live = await readLiveItems(client, readPins(edgeTarget(args, io).keysDir))
  const said = live.overlay ?? NOTHING
  if (args.boolean('json'))
    io.out(JSON.stringify({ edge: client.endpoint, seq: live.head.seq, bytes: live.overlayBytes, ...said }))
  else for (const line of saidLines(said, live, client)) io.out(line)
  return 0
}

/** Rows of a file as the catalogue's reader takes them, or the one item that the flags describe. */
async function addition(args: ParsedArgs, io: Io): Promise<Intent> {
  const [, file, ...more] = args.positionals
  if (more.length > 0) throw usage('"foryou items add" takes one file')
  if ((file === undefined) === (args.string('id') === undefined))
    throw usage('"foryou items add" takes a file, or --id and --title')
  const live = await readLiveItems(connectEdge(args, io), readPins(edgeTarget(args, io).keysDir))
  const encoder = await live.encoder()
  const notes: string[] = []
  if (!encoder) notes.push('The live bundle weighs no content: what is added is found by its newness alone.')
  let catalogue = file === undefined ? [itemOfFlags(args)] : []
  if (file !== undefined) {
    const read = await readCatalogue(resolve(io.cwd, file), {
      allowBad: true,
      ...(encoder && { attributes: new Set(encoder.names) }),
    })
    noteRejected(read.report, io)
    notes.push(...read.notes)
    catalogue = [...read.items]
  }
  const { items: own, notes: left } = newItems(catalogue, encoder, live.manifest.origins, io.now())
  if (own.length === 0) {
    throw new ForYouError('bad_data', `There is nothing to add. ${[...notes, ...left].join(' ')}`.trim())
  }
  return { change: say(own), ids: [], notes: [...notes, ...left] }
}

/** Only of an item that is known: a price alone shows nothing. */
function priced(args: ParsedArgs): SaidChange {
  const [, raw = '', text = '', ...more] = args.positionals
  if (text === '' || more.length > 0) throw usage('"foryou items price" takes an id and a price')
  const id = itemId(raw)
  const price = parseNumber(text)
  if (!(price >= 0 && Number.isFinite(price)))
    throw new ForYouError('bad_usage', `"${text}" is not a price: a number like 19.90 is.`)
  return (said, bundle) => {
    if (!bundle.numberOf.has(id) && !said.items.some((item) => item.id === id)) {
      throw new ForYouError('not_found', `"${id}" is in no live catalogue.`, {
        hint: 'Add it: foryou items add --id ID --title TEXT --price PRICE',
      })
    }
    const item: OverlayItem = { id, details: { price } }
    return say([item])(said, bundle)
  }
}

function idsOf(args: ParsedArgs, verb: string): string[] {
  const ids = args.positionals.slice(1).map(itemId)
  if (ids.length === 0) throw usage(`"foryou items ${verb}" takes one id or more`)
  return ids
}

function itemId(raw: string): string {
  const id = canonicalId(raw)
  if (id.ok) return id.id
  throw new ForYouError('bad_usage', `"${raw}" is no item id: ${id.reason}.`)
}

function none(args: ParsedArgs, verb: string): void {
  if (args.positionals.length > 1) throw usage(`"foryou items ${verb}" takes no further argument`)
}

function usage(why: string): ForYouError {
  return new ForYouError('bad_usage', `${why}.`, { hint: `Usage: foryou items ${items.usage}` })
}
