import { CHANGE_FLAGS, CHANGE_USAGE, changeLive, whenSeen } from './changeLive.ts'
import type { Command } from './command.ts'

export const refresh: Command = {
  name: 'refresh',
  summary:
    'Signs the live head again; what is live stays. An edge does it by itself every night, a folder for a static host needs it within 30 days. Says with it where blobs lie besides the edge, and how often devices may ask.',
  usage: `[--blob-base URL] [--backoff SECONDS] ${CHANGE_USAGE}`,
  flags: {
    ...CHANGE_FLAGS,
    'blob-base': {
      type: 'string',
      value: 'URL',
      summary:
        'devices fetch blobs below this https address first, e.g. the domain of a bucket; "none" ends that',
    },
    backoff: { type: 'string', value: 'SECONDS', summary: 'devices ask no sooner again; 0 ends that' },
  },
  positionals: [0, 0],
  run(args, io) {
    const [base, backoff] = [args.string('blob-base'), args.integer('backoff')]
    const wish = {
      ...(base !== undefined && { blobBase: base === 'none' ? null : base }),
      ...(backoff !== undefined && { backoff: backoff || null }),
    }
    return changeLive(args, io, 'refresh', wish, (done, client) => [
      `Signed again: ${done.manifest} on ${whenSeen(client, done.seq)}`,
    ])
  },
}
