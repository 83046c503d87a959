import { type Defence, defencesOf } from './defence.ts'

const DELIVERY = ['test/shared/siteRules.test.ts']
const DEVICE = ['test/web/rules.test.ts']
const COMMAND = ['test/models/siteRules.test.ts']
const EDGE = ['test/worker/rules.test.ts']

/** What stands between a merchandiser's rules and a slate. */
export const rulesDefences: readonly Defence[] = [
  ...defencesOf('shared/delivery/siteRules.ts', DELIVERY, [
    ['rules-checked', 'T8', 'null : checkRules(given)', 'null : given'],
    ['rules-inline-cap', 'T8', 'bytes.length <= MAX_INLINE_RULES', 'bytes.length > 0'],
    ['rules-popular-lists', 'P4', '(told || (mayExclude', '(told && (mayExclude'],
    ['rules-list-there', 'F26', 'await storedLists(store, lists)', ''],
    ['rules-blob-excludes', 'P4', "'sha256' in rules || ", "!('sha256' in rules) && "],
  ]),
  ...defencesOf('shared/delivery/goLive.ts', DELIVERY, [
    ['rules-other-bundle', 'P4', ' && !mayExclude(head?.rules)', ''],
  ]),
  ...defencesOf('shared/delivery/heads.ts', DELIVERY, [
    ['rules-restored', 'F26', 'rules: siteRules,\n', ''],
    ['rules-restore-blob', 'F26', 'await storedRules(store, own.rules)', ''],
  ]),
  ...defencesOf('shared/delivery/collectGarbage.ts', DELIVERY, [
    ['rules-gc', 'P6', ', ...keptRules(lines, now)', ''],
  ]),
  ...defencesOf('models/publish/putRules.ts', COMMAND, [
    ['rules-race', 'F26', 'op: randomUUID(),\n    seq: head.seq,', 'op: randomUUID(),'],
  ]),
  ...defencesOf('models/publish/popularLists.ts', COMMAND, [
    ['rules-lists-later', 'P4', "kind === 'exclude' && here", "kind === 'exclude' && false && here"],
  ]),
  ...defencesOf(
    'models/publish/backUp.ts',
    ['test/models/backup.test.ts'],
    [
      ['rules-backup', 'F26', 'of keptRules(lines, now))', 'of keptRules([], now))'],
      ['rules-backup-live', 'F26', 'head.active?.popularHtml, rules]', 'head.active?.popularHtml]'],
    ],
  ),
  ...defencesOf('models/publish/liveRules.ts', COMMAND, [
    ['rules-live-hash', 'T1', 'if ((await sha256(bytes)) !== rules.sha256)', 'if (bytes.length === 0)'],
  ]),
  ...defencesOf('web/ranker/openRules.ts', DEVICE, [
    ['rules-signature', 'T1', "await verify('head', envelope, pins)", 'JSON.parse(envelope).payload'],
    ['rules-read', 'T8', ': checkRules(rules)).rules', ': (rules as never as { rules: Rule[] })).rules'],
  ]),
  ...defencesOf('web/ranker/fetchRules.ts', DEVICE, [
    ['rules-blob-hash', 'T1', 'if ((await sha256(answer.bytes)) !== name)', "if (name === '')"],
    ['rules-blob-bytes', 'T8', 'MAX_RULES_BYTES, async', '2 ** 30, async'],
  ]),
  ...defencesOf('web/ranker/rulesKeeper.ts', DEVICE, [
    ['rules-tick', 'P4', 'if (this.#look()) this.#options.said()', 'this.#look()'],
  ]),
  ...defencesOf('shared/domain/rulesAt.ts', DEVICE, [
    ['rules-until', 'P4', 'now < until', 'now <= until'],
    ['rules-from', 'P4', 'from <= now', 'from < now'],
  ]),
  ...defencesOf('worker/headRoutes.ts', EDGE, [
    ['rules-no-pages', 'T17', "demand(caller, 'promote')", 'void caller'],
  ]),
]
