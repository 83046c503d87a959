import { type Defence, defencesOf } from './defence.ts'

const SHARED = ['test/shared/overlay.test.ts']
const ITEMS = ['test/models/items.test.ts']
const DEVICE = ['test/web/overlay.test.ts']

/** What protects a withdrawal, from the command to the slate. */
export const itemsDefences: readonly Defence[] = [
  ...defencesOf('shared/rank/plainRecommender.ts', SHARED, [
    // On every surface, what was seen lately among them.
    ['items-withdrawn-never', 'P4', 'bundle.withdrawn.has(item) ||', ''],
  ]),
  ...defencesOf('shared/rank/surfaces.ts', SHARED, [
    ['items-withdrawn-because', 'P4', ' && !bundle.withdrawn.has(item)', ''],
  ]),
  ...defencesOf('shared/bundle/withOverlay.ts', SHARED, [
    [
      'items-own-site',
      'T4',
      'if (overlay?.site !== bundle.manifest.site) return bundle',
      'if (!overlay) return bundle',
    ],
    ['items-no-details', 'P4', ' && !withdrawn.has(number) ?', ' ?'],
    ['items-whole-catalogue', 'F27', 'items === popularity.count.length && ', ''],
  ]),
  ...defencesOf('shared/bundle/overlay.ts', SHARED, [
    ['items-one-entry', 'F5', 'distinct(items.map(({ id }) => id))', 'items.length >= 0'],
    ['items-one-withdrawal', 'F5', '(ids) => distinct(ids)', '(ids) => ids.length >= 0'],
  ]),
  ...defencesOf('web/ranker/saidKeeper.ts', DEVICE, [
    ['items-kept', 'P4', 'await store.setSaid(this.#options.key, text)', ''],
    ['items-told', 'P4', '    this.#options.said()\n    return true', '    return true'],
  ]),
  ...defencesOf('shared/delivery/goLive.ts', ITEMS, [
    ['items-popular-lists', 'P4', 'if (!head?.overlay && ', 'if ('],
  ]),
  ...defencesOf('models/publish/putItems.ts', ITEMS, [
    ['items-race', 'F26', 'op: randomUUID(),\n    seq: head.seq,', 'op: randomUUID(),'],
    ['items-bytes', 'T8', 'Buffer.byteLength(JSON.stringify(envelope))', 'JSON.stringify(envelope).length'],
  ]),
  ...defencesOf('models/publish/liveItems.ts', ITEMS, [
    ['items-blob-hash', 'T1', 'if ((await sha256(bytes)) !== name) {', "if (name === '') {"],
    ['items-live-signature', 'T1', 'await verify(context, envelope, pins)', 'JSON.parse(envelope).payload'],
  ]),
  ...defencesOf('models/publish/newItems.ts', ITEMS, [
    ['items-url', 'T10', 'safeUrl(url, ANY_PAGE, origins) !== null', 'url'],
    ['items-not-before', 'F40', 'if (releasedAt !== undefined && releasedAt > now) {', 'if (now < 0) {'],
  ]),
]
