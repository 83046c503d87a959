import { CHANGE_FLAGS, CHANGE_USAGE, changeLive, whenSeen } from './changeLive.ts'
import type { Command } from './command.ts'

export const refresh: Command = {
  name: 'refresh',
  summary:
    'Signs the live head again; what is live stays. An edge does it by itself every night, a folder for a static host needs it within 30 days.',
  usage: CHANGE_USAGE,
  flags: CHANGE_FLAGS,
  positionals: [0, 0],
  run(args, io) {
    return changeLive(args, io, 'refresh', {}, (done, client) => [
      `Signed again: ${done.manifest} on ${whenSeen(client, done.seq)}`,
    ])
  },
}
