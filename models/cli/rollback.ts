import { ForYouError } from '../../shared/domain/errors.ts'
import { SHA256_PATTERN } from '../../shared/domain/routes.ts'
import { CHANGE_FLAGS, CHANGE_USAGE, changeLive, short, whenSeen } from './changeLive.ts'
import type { Command } from './command.ts'

export const rollback: Command = {
  name: 'rollback',
  summary: 'Goes back to the bundle that was live before this one, or to a named one that was live once.',
  usage: `[MANIFEST] ${CHANGE_USAGE}`,
  flags: CHANGE_FLAGS,
  positionals: [0, 1],
  run(args, io) {
    const [to] = args.positionals
    if (to !== undefined && !SHA256_PATTERN.test(to)) {
      throw new ForYouError('bad_usage', `"${to}" is not the name of a manifest.`, {
        hint: '"foryou status --json" lists the whole names of what was live.',
      })
    }
    return changeLive(args, io, 'rollback', { ...(to !== undefined && { to }) }, (done, client) => [
      done.previous
        ? `Went back from ${short(done.previous)} to ${done.manifest} on ${whenSeen(client, done.seq)}`
        : `${done.manifest} is live on ${whenSeen(client, done.seq)}`,
    ])
  },
}
