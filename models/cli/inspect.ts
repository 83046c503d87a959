import { existsSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { ForYouError } from '../../shared/domain/errors.ts'
import { rulesAt } from '../../shared/domain/rulesAt.ts'
import { DEFAULT_K, MAX_K, SURFACES, type Surface } from '../../shared/domain/slate.ts'
import { open, readBundle } from '../build/builtBundle.ts'
import { inspectQuery } from '../inspect/inspectQuery.ts'
import { itemNamed, readHistory } from '../inspect/readHistory.ts'
import type { Command, ParsedArgs } from './command.ts'
import { askedText, inspectionText } from './inspectText.ts'
import { readRules } from './readRules.ts'

export const inspect: Command = {
  name: 'inspect',
  summary:
    'Takes one visitor’s slate apart, offline, with the browser’s own code: where each item came from, what its score is made of, and what every baseline would have shown.',
  usage:
    '--history FILE|ID,ID,… --bundle DIR [--surface NAME] [--k N] [--item ID] [--of ID] [--filter NAME=VALUE] [--exclude ID,ID,…] [--rules FILE]',
  flags: {
    history: {
      type: 'string',
      value: 'FILE|IDS',
      summary:
        'ids or titles, oldest first, separated by commas; or a file: item[,kind[,time]] a line, or an export as JSON',
    },
    bundle: { type: 'string', value: 'DIR', summary: 'a bundle, or the output of training (its release)' },
    surface: { type: 'string', value: 'NAME', summary: `${SURFACES.join(', ')}; for-you by default` },
    k: { type: 'string', value: 'N', summary: `length of the slate; ${DEFAULT_K} by default` },
    item: { type: 'string', value: 'ID', summary: 'explain why this item is, or is not, in the slate' },
    of: { type: 'string', value: 'ID', summary: 'the item of the page, for the surface "similar"' },
    filter: {
      type: 'string',
      value: 'NAME=VALUE',
      summary: 'only items with this attribute, e.g. genre=Drama',
    },
    exclude: { type: 'string', value: 'IDS', summary: 'items never to show' },
    rules: {
      type: 'string',
      value: 'FILE',
      summary: 'a document of site-wide rules; those that hold now count',
    },
  },
  positionals: [0, 0],
  async run(args, io) {
    const given = args.required('history')
    const folder = resolve(io.cwd, args.required('bundle'))
    const surface = surfaceOf(args)
    const bundle = open(
      await readBundle(existsSync(join(folder, 'release')) ? join(folder, 'release') : folder),
    )
    const known = (text: string) => itemNamed(bundle, text) ?? text
    const { history, now, unknown, dated } = readHistory(given, bundle, io.cwd)
    if (unknown.length > 0) io.note(`Not in this bundle, so it says nothing: ${unknown.join(', ')}`)
    const asked = args.string('item')
    const of = args.string('of')
    const rules = args.string('rules')
    if (asked !== undefined && surface !== 'for-you')
      throw new ForYouError('bad_usage', '--item explains the surface "for-you" alone.')
    if (of === undefined && surface === 'similar')
      throw new ForYouError('bad_usage', 'The surface "similar" needs the item of the page.', {
        hint: '--of ID',
      })
    const exclude = args
      .string('exclude')
      ?.split(',')
      .map((id) => known(id.trim()))
    const inspection = inspectQuery(
      bundle,
      {
        surface,
        k: lengthOf(args),
        history,
        now,
        ...(of === undefined ? {} : { item: known(of) }),
        ...(exclude ? { exclude } : {}),
        ...filterOf(args),
        ...(rules === undefined ? {} : { rules: rulesAt(readRules(rules, io.cwd).rules, io.now()) }),
      },
      asked === undefined ? undefined : known(asked),
    )
    if (args.boolean('json')) {
      io.out(JSON.stringify({ manifest: bundle.manifestHash, now, dated, unknown, ...inspection }))
      return 0
    }
    if (inspection.asked) io.out(askedText(inspection.asked))
    else io.out(inspectionText(inspection))
    if (!dated && history.length > 0)
      io.note('The history has no times: its items are set an hour apart, up to now.')
    return 0
  },
}

function surfaceOf(args: ParsedArgs): Surface {
  const name = args.string('surface') ?? 'for-you'
  const surface = SURFACES.find((other) => other === name)
  if (surface) return surface
  throw new ForYouError('bad_usage', `There is no surface "${name}".`, { hint: SURFACES.join(', ') })
}

function lengthOf(args: ParsedArgs): number {
  const k = args.integer('k') ?? DEFAULT_K
  if (k >= 1 && k <= MAX_K) return k
  throw new ForYouError('bad_usage', `--k must lie between 1 and ${MAX_K}.`)
}

function filterOf(args: ParsedArgs): { filter?: Record<string, string> } {
  const text = args.string('filter')
  if (text === undefined) return {}
  const [, name, value] = /^([^=]+)=(.+)$/.exec(text) ?? []
  if (name && value) return { filter: { [name]: value } }
  throw new ForYouError('bad_usage', `--filter must be NAME=VALUE, not "${text}".`)
}
