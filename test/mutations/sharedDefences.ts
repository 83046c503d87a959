import { type Defence, defencesOf } from './defence.ts'

const FORMAT = ['test/shared/format.test.ts']
const DELIVERY = ['test/shared/delivery.test.ts']
const PUBLISHING = ['test/worker/publishing.test.ts', 'test/worker/headChanges.test.ts']
const PROMOTE = ['test/worker/promote.test.ts']
const LINEAR = ['test/shared/linearizability.test.ts']

/** What device and edge have in common: signatures, formats, addresses, and the operations on the head. */
export const sharedDefences: readonly Defence[] = [
  ...defencesOf(
    'shared/bundle/envelope.ts',
    ['test/shared/envelope.test.ts'],
    [
      ['signature', 'T1', 'if (pinned && (await matches(pinned, sig, bytes))) kids', 'if (pinned) kids'],
      ['signature-context', 'F5', 'CONTEXTS[context] + payload', 'payload'],
      ['signature-role', 'F5', 'pins[ROLE_OF[context]].find(', '[...pins.release, ...pins.ops].find('],
      ['signature-twice', 'F5', 'if (twice) throw', 'if (twice && cap < 0) throw'],
      ['envelope-cap', 'T8', 'if (text.length > cap) {', 'if (text.length < 0) {'],
    ],
  ),
  ...defencesOf('shared/bundle/decode.ts', FORMAT, [
    ['format-finite', 'F38', 'if (!Number.isFinite(values[i])) file', 'if (values[i] === null) file'],
    ['format-version', 'F32', 'if (version !== FORMAT_VERSION)', 'if (version < 0)'],
    ['format-bounds', 'T8', 'if (offset !== end || offset + bytes > total)', 'if (offset < 0)'],
    ['format-header', 'T8', 'headerBytes > MAX_HEADER_BYTES || ', ''],
  ]),
  ...defencesOf(
    'shared/rank/scoreCandidates.ts',
    ['test/shared/rank.test.ts'],
    [['score-finite', 'F38', 'if (!Number.isFinite(score))', 'if (score === null)']],
  ),
  ...defencesOf(
    'shared/domain/safeUrl.ts',
    ['test/web/safeUrl.test.ts'],
    [
      ['url-protocol', 'T10', "if (url.protocol !== 'https:' && !plain) return null", ''],
      ['url-credentials', 'T10', 'if (url.username || url.password) return null', ''],
      ['url-tricks', 'T10', 'if (!/^https?:\\/\\/[^\\\\/]/i.test(text)) return null', ''],
      [
        'url-origins',
        'T10',
        'origins.length === 0 || origins.includes(url.host) ? url.href : null',
        'url.href',
      ],
    ],
  ),
  ...defencesOf('shared/delivery/writeHead.ts', DELIVERY, [
    ['head-seq-grows', 'T2', 'seq: Math.max(seq, current + 1),', 'seq: Math.max(1, current),'],
    ['head-op-memory', 'F28', 'if (past) return {', 'if (past && past.seq < 0) return {'],
    [
      'head-op-reused',
      'F28',
      'if (past && past.did !== did) {',
      "if (past && past.did === '') {",
      { tests: PROMOTE },
    ],
    [
      'head-expected-seq',
      'F27',
      'if (expected !== undefined && expected !== current) {',
      'if (expected === -1) {',
      { tests: PROMOTE },
    ],
    [
      'head-lost-race',
      'F27',
      'if (!(await store.putHead(envelope, { floor, ops }, stored?.etag ?? null))) {',
      'if ((await store.putHead(envelope, { floor, ops }, stored?.etag ?? null)) === undefined) {',
      { tests: LINEAR },
    ],
    ['head-audit-first', 'P6', 'if (own) await fillAudit(store, own, stored)', '', { tests: LINEAR }],
    [
      'head-own-signature',
      'T5',
      "parseHead(await verify('head', envelope, { release: [], ops: [key] }))",
      'parseHead(JSON.parse(envelope).payload)',
    ],
    [
      'head-own-site',
      'T4',
      'return head.site === site ? { head, kid: key.kid } : null',
      'return { head, kid: key.kid }',
    ],
  ]),
  ...defencesOf('shared/delivery/goLive.ts', DELIVERY, [
    ['live-floor', 'T6', 'if (manifest.version < floor) {', 'if (floor < 0) {'],
    [
      'live-not-collected',
      'P6',
      'if (!stored || stored.uploaded >= now - FRESH_MS) return',
      'if (now) return',
    ],
    ['rollback-ends-canary', 'F33', 'floor, canary: undefined }', 'floor }'],
  ]),
  ...defencesOf('shared/delivery/approvals.ts', DELIVERY, [
    ['approval-other-person', 'T17', 'if (proposer === who) {', "if (proposer === '') {"],
    ['approval-expires', 'T17', 'if (now > at + PROPOSAL_LIFE_MS) {', 'if (at < 0) {'],
  ]),
  ...defencesOf('shared/delivery/performChange.ts', DELIVERY, [
    ['approval-demanded', 'T17', 'rules.approvals ? propose(store, wish, now) : promote(', 'promote('],
    [
      'approval-canary',
      'T17',
      'if (!rules.approvals || wish.permille <= SOLO_PERMILLE)',
      'if (wish.permille >= 0)',
    ],
  ]),
  ...defencesOf('shared/delivery/collectGarbage.ts', DELIVERY, [
    ['gc-document-age', 'P6', 'roots.has(object.name) || !old(object)', 'roots.has(object.name)'],
    ['gc-blob-age', 'P6', 'old(object) && !marked.has(object.name)', '!marked.has(object.name)'],
    ['gc-blob-named', 'P6', 'old(object) && !marked.has(object.name)', 'old(object)'],
    ['gc-thirty-days', 'P6', 'if (until >= now - KEPT_MS) yield', 'if (line.at >= now - KEPT_MS) yield'],
    ['gc-dry-run', 'P6', 'if (!dryRun) {', 'if (store) {'],
    ['gc-live', 'P6', 'for (const name of JSON.stringify(head).match(HASHES) ?? []) roots.add(name)', ''],
  ]),
  ...defencesOf('shared/delivery/checkManifest.ts', PUBLISHING, [
    ['publish-name', 'T4', 'if (hash !== name) {', "if (hash === '') {"],
    ['publish-site', 'T4', 'if (manifest.site !== site) {', "if (site === '') {"],
    ['publish-kind', 'T6', "if (manifest.kind !== 'release') {", 'if (!manifest.kind) {'],
    ['publish-complete', 'F26', 'await checkFiles(store, manifest, freshSince)', ''],
    ['publish-sizes', 'F26', 'blob?.bytes !== file.bytes ||', '!blob ||'],
    ['publish-fresh', 'P6', ' || blob.uploaded < freshSince', '', { tests: DELIVERY }],
  ]),
  ...defencesOf('shared/delivery/checkOverlay.ts', DELIVERY, [
    ['overlay-name', 'T4', 'if ((await sha256(payload)) !== name) {', "if (name === '') {"],
    ['overlay-own-site', 'T4', 'if (overlay.site === site) return', 'if (overlay) return'],
  ]),
  ...defencesOf('shared/delivery/heads.ts', DELIVERY, [
    ['restore-only-lost', 'T2', 'if (head) {', 'if (head === undefined) {'],
    ['restore-jumps', 'T2', 'seq: seq + RESTORE_JUMP,', 'seq,'],
  ]),
]
