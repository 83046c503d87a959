import { withOverlay } from '../../shared/bundle/withOverlay.ts'
import { ForYouError } from '../../shared/domain/errors.ts'
import { checkRules, type RulesDocument } from '../../shared/domain/rules.ts'
import { rulesEffect } from '../inspect/rulesEffect.ts'
import { readPins } from '../publish/keys.ts'
import { type LiveItems, readLiveItems } from '../publish/liveItems.ts'
import { NO_RULES, putRules, type RulesChange } from '../publish/putRules.ts'
import { rulesWarnings } from '../publish/rulesWarnings.ts'
import { whenSeen } from './changeLive.ts'
import type { Command, Io, ParsedArgs } from './command.ts'
import { connectEdge, EDGE_FLAG, EDGE_USAGE, edgeTarget } from './connectEdge.ts'
import { readRules } from './readRules.ts'
import { ruleOfWords } from './ruleOfWords.ts'
import { effectLines, rulesLines } from './rulesText.ts'

/** What each verb makes of the live document. */
const VERBS: Readonly<Record<string, (args: ParsedArgs, io: Io) => RulesChange>> = {
  set: fromFile,
  check: fromFile,
  add(args) {
    const [, name, kind, ...words] = args.positionals
    if (name === undefined || kind === undefined) throw usage('"foryou rules add" takes a name and a kind')
    const rule = ruleOfWords(name, kind, words)
    return async (before) => {
      const { rules } = await before()
      return checkRules({ ...NO_RULES, rules: [...rules.filter((known) => known.name !== name), rule] })
    }
  },
  remove(args) {
    const names = args.positionals.slice(1)
    if (names.length === 0) throw usage('"foryou rules remove" takes one name or more')
    return async (before) => {
      const { rules } = await before()
      const unknown = names.find((name) => !rules.some((rule) => rule.name === name))
      if (unknown === undefined)
        return { ...NO_RULES, rules: rules.filter(({ name }) => !names.includes(name)) }
      throw new ForYouError('not_found', `There is no rule "${unknown}".`, { hint: 'foryou rules' })
    }
  },
  clear(args) {
    if (args.positionals.length > 1) throw usage('"foryou rules clear" takes no further argument')
    return async () => NO_RULES
  },
}

export const rules: Command = {
  name: 'rules',
  summary:
    "Shows and changes the site's rules: pins, boosts, exclusions, caps and the like, for every visitor within two minutes, without a new bundle.",
  usage: [
    '[show]',
    'check FILE | set FILE',
    'add NAME KIND [FIELD=VALUE …]',
    'remove NAME… | clear',
    `… [--dry-run] [--reason TEXT] ${EDGE_USAGE}`,
  ].join('\n'),
  flags: {
    ...EDGE_FLAG,
    'dry-run': {
      type: 'boolean',
      summary: 'change nothing: say what would change, for some invented visitors',
    },
    reason: { type: 'string', value: 'TEXT', summary: 'why, in at most 80 characters, for the audit trail' },
  },
  positionals: [0, 200],
  async run(args, io) {
    const [verb = 'show'] = args.positionals
    if (verb === 'show') return show(args, io)
    const read = VERBS[verb]
    if (!read) throw usage(`There is no "foryou rules ${verb}"`)
    const change = read(args, io)
    if (verb === 'check' || args.boolean('dry-run')) return preview(change, args, io)
    const client = connectEdge(args, io)
    const done = await putRules(client, change, {
      pins: readPins(edgeTarget(args, io).keysDir),
      now: () => io.now(),
      reason: args.string('reason'),
    })
    const warnings = warningsOf(done.rules, done.live)
    for (const warning of warnings) io.note(warning)
    if (!done.lists)
      io.note(
        'This token stores no popular lists: while items are excluded there are none. foryou items refresh',
      )
    const { seq, changed } = done
    if (args.boolean('json')) {
      io.out(JSON.stringify({ edge: client.endpoint, changed, seq, ...done.rules, warnings }))
      return 0
    }
    for (const line of rulesLines(done.rules, io.now())) io.out(line)
    io.out(
      changed
        ? `Live on ${whenSeen(client, seq)}`
        : `Nothing had to be changed on ${client.endpoint}, head ${seq}.`,
    )
    return 0
  },
}

async function show(args: ParsedArgs, io: Io): Promise<number> {
  if (args.positionals.length > 1) throw usage('"foryou rules show" takes no further argument')
  const client = connectEdge(args, io)
  const live = await readLiveItems(client, readPins(edgeTarget(args, io).keysDir))
  const document = (await live.rules()) ?? NO_RULES
  const warnings = warningsOf(document, live)
  if (args.boolean('json')) {
    io.out(JSON.stringify({ edge: client.endpoint, seq: live.head.seq, ...document, warnings }))
    return 0
  }
  for (const line of rulesLines(document, io.now())) io.out(line)
  for (const warning of warnings) io.note(warning)
  return 0
}

/** What a change would do; the whole live bundle is fetched for it. */
async function preview(change: RulesChange, args: ParsedArgs, io: Io): Promise<number> {
  const client = connectEdge(args, io)
  const live = await readLiveItems(client, readPins(edgeTarget(args, io).keysDir), undefined, /./)
  const before = (await live.rules()) ?? NO_RULES
  const after = checkRules(await change(async () => before))
  const warnings = warningsOf(after, live)
  const effect = rulesEffect(withOverlay(live.bundle, live.overlay), before, after, io.now())
  if (args.boolean('json')) {
    io.out(JSON.stringify({ edge: client.endpoint, seq: live.head.seq, ...after, warnings, effect }))
    return 0
  }
  for (const line of [...rulesLines(after, io.now()), '', ...effectLines(effect)]) io.out(line)
  for (const warning of warnings) io.note(warning)
  io.out('Nothing was changed.')
  return 0
}

const warningsOf = (document: RulesDocument, { bundle, overlay }: LiveItems) =>
  rulesWarnings(document, withOverlay(bundle, overlay))

/** Read at once: a document that is wrong is refused before anybody is asked. */
function fromFile(args: ParsedArgs, io: Io): RulesChange {
  const [verb, file, ...more] = args.positionals
  if (file === undefined || more.length > 0) throw usage(`"foryou rules ${verb}" takes one file`)
  const document = readRules(file, io.cwd)
  return async () => document
}

function usage(why: string): ForYouError {
  return new ForYouError('bad_usage', `${why}.`, { hint: `Usage: foryou rules ${rules.usage}` })
}
