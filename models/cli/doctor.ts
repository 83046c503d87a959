import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { ForYouError } from '../../shared/domain/errors.ts'
import { diagnose } from '../doctor/diagnose.ts'
import { readNamedTokens } from '../publish/adminTokens.ts'
import { KEY_FILES, readPins } from '../publish/keys.ts'
import type { Command } from './command.ts'
import { EDGE_FLAG, edgeTarget, tokensOf } from './connectEdge.ts'
import { diagnosisText } from './diagnosisText.ts'

export const doctor: Command = {
  name: 'doctor',
  summary:
    'Looks at a live deployment from outside, as visitors, embedding pages and operators do, and says of each fault how to mend it. Changes nothing. Exit code 1 if visitors are kept from something.',
  usage: '[URL] [--page URL] [--tokens] [--env NAME]',
  flags: {
    env: EDGE_FLAG.env,
    page: { type: 'string', value: 'URL', summary: 'a page that embeds: whether its policies allow it' },
    tokens: { type: 'boolean', summary: 'try your admin tokens there: what each may' },
  },
  positionals: [0, 1],
  async run(args, io) {
    const target = edgeTarget(args, io)
    const url = args.positionals[0] ?? target.endpoint
    if (url === undefined || !/^https?:$/.test(URL.parse(url)?.protocol ?? '')) {
      throw new ForYouError(
        'bad_usage',
        url === undefined ? 'Which address?' : `"${url}" is not an address.`,
        {
          hint: 'Usage: foryou doctor https://EDGE (of a folder: where it is served)',
        },
      )
    }
    if (!existsSync(join(target.keysDir, KEY_FILES.pins))) {
      throw new ForYouError('bad_config', `There is no ${KEY_FILES.pins} to check signatures with.`, {
        hint: 'Fetch it from where this deployment was set up, or give --env.',
      })
    }
    const diagnosis = await diagnose({
      url,
      pins: readPins(target.keysDir),
      site: target.site,
      now: io.now,
      page: args.string('page'),
      endings: readNamedTokens(target.keysDir),
      ...(args.boolean('tokens') && { tokens: tokensOf(io.env, target.keysDir) }),
    })
    if (args.boolean('json')) io.out(JSON.stringify({ url, site: target.site, ...diagnosis }))
    else io.out(diagnosisText(url, target.site, diagnosis))
    return diagnosis.bad > 0 ? 1 : 0
  },
}
