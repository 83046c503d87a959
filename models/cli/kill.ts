import { CHANGE_FLAGS, CHANGE_USAGE, changeLive, whenSeen } from './changeLive.ts'
import type { Command } from './command.ts'

export const kill: Command = {
  name: 'kill',
  summary:
    "Turns personal slates off everywhere: visitors see the site's own content. What is live stays; --off turns them on again.",
  usage: `[--off] ${CHANGE_USAGE}`,
  flags: { ...CHANGE_FLAGS, off: { type: 'boolean', summary: 'personal slates again' } },
  positionals: [0, 0],
  run(args, io) {
    const on = !args.boolean('off')
    return changeLive(args, io, 'kill', { on }, (done, client) => [
      on
        ? `Personal slates are off on ${whenSeen(client, done.seq)}`
        : `Personal slates are on again on ${whenSeen(client, done.seq)}`,
      ...(on ? ['To turn them on again: foryou kill --off'] : []),
    ])
  },
}
