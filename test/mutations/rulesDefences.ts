import { type Defence, defencesOf } from './defence.ts'

const DELIVERY = ['test/shared/siteRules.test.ts']
const EDGE = ['test/worker/rules.test.ts']

/** What stands between a merchandiser's rules and a slate. */
export const rulesDefences: readonly Defence[] = [
  ...defencesOf('shared/delivery/siteRules.ts', DELIVERY, [
    ['rules-checked', 'T8', 'null : checkRules(given)', 'null : given'],
    ['rules-inline-cap', 'T8', 'bytes.length <= MAX_INLINE_RULES', 'bytes.length > 0'],
    ['rules-popular-lists', 'P4', '(told || mayExclude(document))', 'told'],
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
  ...defencesOf('worker/headRoutes.ts', EDGE, [
    ['rules-no-pages', 'T17', "demand(caller, 'promote')", 'void caller'],
  ]),
]
