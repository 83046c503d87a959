import { resolve } from 'node:path'
import { ForYouError } from '../../shared/domain/errors.ts'
import { SHA256_PATTERN } from '../../shared/domain/routes.ts'
import { gatedManifest } from '../publish/gatedManifest.ts'
import { CHANGE_FLAGS, CHANGE_USAGE, changeLive, moment, short, whenSeen } from './changeLive.ts'
import type { Command, Io, ParsedArgs } from './command.ts'
import { edgeTarget } from './connectEdge.ts'
import { noteLacked } from './noteLacked.ts'
import { CHOICE_FLAGS, CHOICE_USAGE, publisherChoices } from './publisherChoices.ts'

export const promote: Command = {
  name: 'promote',
  summary: 'Makes a published bundle live, or approves what somebody else wants to make live.',
  usage: `DIR|MANIFEST ${CHOICE_USAGE} ${CHANGE_USAGE}\n--approve OP`,
  flags: {
    ...CHANGE_FLAGS,
    ...CHOICE_FLAGS,
    approve: {
      type: 'string',
      value: 'OP',
      summary: 'approve the promote of this id, proposed by another person',
    },
  },
  positionals: [0, 1],
  async run(args, io) {
    const proposal = args.string('approve')
    if (proposal !== undefined) {
      const approved = { ...args, string: (flag: string) => (flag === 'op' ? proposal : args.string(flag)) }
      return changeLive(approved, io, 'approve', {}, (done, client) => [
        `${done.manifest} is live on ${whenSeen(client, done.seq)}`,
      ])
    }
    const [target] = args.positionals
    if (target === undefined) {
      throw new ForYouError('bad_usage', 'Which bundle?', {
        hint: `Usage: foryou promote ${promote.usage.split('\n')[0]}`,
      })
    }
    const manifest = await manifestOf(target, args, io)
    return changeLive(args, io, 'promote', { manifest }, (done, client) =>
      'pending' in done
        ? [
            `${manifest} waits for a second person on ${client.endpoint}, until ${moment(done.until)}. They run:`,
            `  foryou promote --approve ${done.op}`,
          ]
        : [
            `${manifest} is live on ${whenSeen(client, done.seq)}`,
            ...(done.previous && done.previous !== manifest
              ? [`Before it ${short(done.previous)} was live; "foryou rollback" goes back to it.`]
              : []),
          ],
    )
  },
}

/** The name of a manifest, or of the one in a folder. What is on the edge went through the gate when it was published. */
export async function manifestOf(target: string, args: ParsedArgs, io: Io): Promise<string> {
  if (SHA256_PATTERN.test(target)) return target
  const { name, manifest } = await gatedManifest(resolve(io.cwd, target), publisherChoices(args))
  noteLacked(manifest, edgeTarget(args, io), io)
  return name
}
