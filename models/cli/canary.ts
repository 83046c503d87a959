import { parseHead } from '../../shared/bundle/manifest.ts'
import { ForYouError } from '../../shared/domain/errors.ts'
import { CHANGE_FLAGS, CHANGE_USAGE, changeLive, whenSeen } from './changeLive.ts'
import type { Command, Io, ParsedArgs } from './command.ts'
import { connectEdge } from './connectEdge.ts'
import { manifestOf } from './promote.ts'
import { CHOICE_FLAGS, CHOICE_USAGE } from './publisherChoices.ts'

export const canary: Command = {
  name: 'canary',
  summary: 'Gives a published bundle to a share of the visitors; "foryou promote" then gives it to all.',
  usage: `DIR|MANIFEST --share PERCENT ${CHOICE_USAGE} ${CHANGE_USAGE}\n--stop`,
  flags: {
    ...CHANGE_FLAGS,
    ...CHOICE_FLAGS,
    share: { type: 'string', value: 'PERCENT', summary: 'of the visitors, in steps of 0.1' },
    stop: { type: 'boolean', summary: 'everybody gets the live bundle again' },
  },
  positionals: [0, 1],
  async run(args, io) {
    if (args.boolean('stop')) {
      const manifest = await running(args, io)
      return changeLive(args, io, 'canary', { manifest, permille: 0 }, (done, client) => [
        `The canary has ended on ${whenSeen(client, done.seq)}`,
      ])
    }
    const [target] = args.positionals
    if (target === undefined)
      throw new ForYouError('bad_usage', 'Which bundle?', { hint: 'foryou canary --help' })
    const permille = permilleOf(args.required('share'))
    const manifest = await manifestOf(target, args, io)
    return changeLive(args, io, 'canary', { manifest, permille }, (done, client) => [
      `${manifest} goes to ${permille / 10} % of the visitors of ${whenSeen(client, done.seq)}`,
      'Raise the share with the same command, or: foryou promote, foryou canary --stop',
    ])
  },
}

function permilleOf(text: string): number {
  const permille = Math.round(Number(text.replace(/ ?%$/, '')) * 1000) / 100
  if (Number.isInteger(permille) && permille > 0 && permille <= 1000) return permille
  throw new ForYouError('bad_usage', `--share must lie between 0.1 and 100 per cent, not "${text}".`)
}

/** The canary that the head names. */
async function running(args: ParsedArgs, io: Io): Promise<string> {
  const envelope = await connectEdge(args, io).head()
  // Only a name to send back: the edge decides whether it may be changed.
  const head = envelope === null ? null : parseHead((JSON.parse(envelope) as { payload: string }).payload)
  if (head?.canary) return head.canary.manifest
  throw new ForYouError('not_found', 'There is no canary.')
}
