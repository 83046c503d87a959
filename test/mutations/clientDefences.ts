import { type Defence, defencesOf } from './defence.ts'

const CONFORMANCE = ['test/web/node/conformance.test.ts']
const UPDATE = ['test/web/update.test.ts']
const CANARY = ['test/web/node/canary.test.ts']
const STRIKES = ['test/web/node/strikes.test.ts']
const PROPERTIES = ['test/web/node/mutations.test.ts']
const CORE = ['test/web/core.test.ts']
const STORE = ['test/web/bundleStore.test.ts']

/** What protects a visitor's device. */
export const clientDefences: readonly Defence[] = [
  ...defencesOf('web/ranker/headCheck.ts', CONFORMANCE, [
    ['head-site', 'T4', 'if (active && head.site !== active.site) {', "if (active && head.site === '') {"],
    ['head-expiry', 'T3', 'if (head.expires < moment) throw expired(head)', ''],
    ['head-rollback', 'T2', 'if (head.seq < last || head.seq >', 'if (head.seq >'],
    ['head-fast-forward', 'T5', ' || head.seq > last + MAX_SEQ_JUMP)', ')'],
    ['head-freeze', 'T3', 'if (head.seq === last && now', 'if (head.seq < 0 && now'],
    ['head-rotation', 'T2', 'if (latest !== undefined && !scopes', "if (latest === '' && !scopes"],
    ['head-clock', 'F8', 'return date !== null && Math.abs(date - now) > DAY_MS ? date : now', 'return now'],
  ]),
  ...defencesOf('web/ranker/liveManifest.ts', CONFORMANCE, [
    ['manifest-not-after', 'T6', 'if (notAfter < moment) throw', 'if (notAfter < 0) throw'],
    ['manifest-site', 'T4', 'if (manifest.site !== head.site) {', "if (head.site === '') {"],
    [
      'manifest-kind',
      'T6',
      "if (manifest.kind !== 'release') throw",
      'if (!manifest.kind) throw',
      { tests: UPDATE },
    ],
    ['manifest-loader', 'F32', 'if (manifest.minLoader > LOADER_VERSION) {', 'if (manifest.minLoader < 0) {'],
    ['manifest-features', 'F32', 'if (lacked) throw', "if (lacked === '') throw"],
    ['manifest-floor', 'T6', 'if (manifest.version < Math.max(', 'if (manifest.version < -1 * Math.max('],
    ['manifest-floor-built-in', 'T6', 'source.pins.floor ?? 0, ', ''],
  ]),
  ...defencesOf(
    'web/ranker/part.ts',
    ['test/e2e/wholeBrowser.test.ts'],
    [
      [
        'part-integrity',
        'T7',
        'fetch(url, { integrity, credentials',
        'fetch(url, { credentials',
        { name: 'T7' },
      ],
    ],
  ),
  ...defencesOf('web/ranker/openManifest.ts', CONFORMANCE, [
    ['manifest-hash', 'T4', 'if ((await sha256(payload)) !== hash) {', "if (hash === '') {"],
    ['manifest-size', 'T8', 'if (!total || total > MAX_BUNDLE_BYTES)', 'if (total < 0)'],
  ]),
  ...defencesOf('web/ranker/download.ts', CONFORMANCE, [
    ['download-cap', 'T8', 'if (length > cap) {', 'if (length < 0) {'],
    ['download-past-caches', 'F4', "cache: reload ? 'reload' : 'default'", "cache: 'default'"],
    ['download-no-cookies', 'T22', "credentials: 'omit'", "credentials: 'include'"],
    ['download-no-referrer', 'T22', "referrerPolicy: 'no-referrer'", "referrerPolicy: 'unsafe-url'"],
    ['download-ends', 'F2', 'signal: AbortSignal.timeout(TIMEOUT_MS),', ''],
    ['download-refusal-final', 'F29', "['http_error', 'offline', 'timeout']", "['offline', 'timeout']"],
  ]),
  ...defencesOf('web/ranker/bring.ts', CONFORMANCE, [
    [
      'blob-hash',
      'T1',
      'bytes.length !== file.bytes || (await sha256(bytes)) !== file.sha256',
      'bytes.length !== file.bytes',
    ],
    [
      'blob-complete-first',
      'T4',
      'ranking === null || ranking.manifest === hash ? 1 : Math.min(3, lastStage(order))',
      '1',
      { tests: UPDATE },
    ],
    [
      'blob-before-record',
      'F22',
      'await store.put(file.sha256, bytes.buffer, keep)',
      'setTimeout(() => void store.put(file.sha256, bytes.buffer, keep), 2000)',
      { tests: ['test/e2e/killedCommits.test.ts'] },
    ],
    ['blob-base-https', 'T1', 'return safe ? [', 'return base ? [', { tests: CANARY }],
  ]),
  ...defencesOf('web/ranker/update.ts', CONFORMANCE, [
    ['update-backoff', 'F29', "if (wait > 0 && wait <= MAX_BACKOFF_MS) return 'backoff'", ''],
    ['update-backoff-cap', 'F29', 'if (wait > 0 && wait <= MAX_BACKOFF_MS)', 'if (wait > 0)'],
    ['update-retry-after', 'F29', 'retryAfter ?? BACKOFF_MS', 'BACKOFF_MS'],
    ['update-seq-at-once', 'T2', 'await store.change((now) => now && seen(now, checked))', ''],
    [
      'update-floor-at-once',
      'T6',
      'await store.change((now) => now && floored(now, target))',
      'await store.active()',
    ],
    [
      'update-one-tab',
      'F11',
      "return oneTab(platform, 'update', work, ranking() ? () => 'busy' : undefined)",
      'return work()',
      { tests: UPDATE },
    ],
    ['update-kill', 'P4', "if (head.kill) return 'killed'", '', { tests: UPDATE }],
  ]),
  ...defencesOf('web/ranker/activeRecord.ts', UPDATE, [
    ['record-previous', 'P6', 'active && active.manifest !== hash', 'active && active.manifest === hash'],
    ['record-canary-floor', 'T6', 'return canary ? active : {', 'return {', { tests: CANARY }],
    ['record-issued', 'T5', 'Math.min(head.issued, moment)', 'head.issued', { tests: CONFORMANCE }],
  ]),
  ...defencesOf('web/ranker/canary.ts', CANARY, [
    ['canary-share', 'F33', 'return drawn < permille', 'return true', { tests: CANARY }],
  ]),
  ...defencesOf('web/ranker/strikes.ts', STRIKES, [
    [
      'strikes-limit',
      'F34',
      'if ((await strikesOf(store, manifest)) >= (another ? MAX_STRIKES : MAX_LAST_STRIKES))',
      'if (manifest === "")',
    ],
    ['strikes-before', 'F34', 'await store.setNote(note, before + 1)', ''],
  ]),
  ...defencesOf('web/ranker/installed.ts', CORE, [
    [
      'installed-verified',
      'P2',
      'const manifest = await openManifest(envelope, hash, pins)',
      'const manifest = JSON.parse(JSON.parse(envelope).payload)',
      { tests: PROPERTIES },
    ],
    [
      'installed-previous-until-ranked',
      'P6',
      ' || (await strikesOf(store, active.manifest)) >= 0) return',
      ') return',
      { tests: STRIKES },
    ],
    [
      'installed-back',
      'F34',
      '|| (await strikesOf(store, active.manifest)) < MAX_STRIKES) return',
      '|| active) return',
      { tests: STRIKES },
    ],
  ]),
  ...defencesOf('web/ranker/bundleStore.ts', STORE, [
    ['store-record', 'F21', 'return result.success ? result.output : null', 'return stored as Active | null'],
    ['store-blob-hash', 'T12', '&& (await sha256(stored)) === name ? stored', '? stored'],
    [
      'store-note',
      'F21',
      "typeof value === 'number' && Number.isFinite(value) ? value : null",
      '(value as number | undefined) ?? null',
    ],
    ['store-room', 'F9', 'if (!isQuota(error)) throw error', 'throw error'],
    ['store-memory', 'F9', 'if (!this.#database) this.#blobs.set(name, bytes)', ''],
  ]),
  ...defencesOf('web/ranker/database.ts', STORE, [
    [
      'database-lets-go',
      'F10',
      'database.onversionchange = () => database.close()',
      '',
      { tests: ['test/e2e/deviceFaults.test.ts'], name: 'F10' },
    ],
    [
      'database-blocked',
      'F10',
      "reject(new DOMException('Another tab keeps the database.', 'TimeoutError'))",
      '',
    ],
    [
      'database-reopens',
      'F15',
      'if (isQuota(error) || this.#connection === null) throw error',
      'throw error',
      { tests: ['test/web/historyStore.test.ts'] },
    ],
    ['database-ended', 'T24', 'if (this.#ended)', 'if (!this)'],
  ]),
  ...defencesOf(
    'web/ranker/historyStore.ts',
    ['test/web/historyStore.test.ts'],
    [
      [
        'history-junk',
        'F21',
        'return parsed.success && parsed.output.at <= latest ? parsed.output : []',
        'return [value as Interaction]',
      ],
      ['history-future', 'T12', 'parsed.success && parsed.output.at <= latest', 'parsed.success'],
    ],
  ),
  ...defencesOf('web/ranker/engine.ts', CORE, [
    ['engine-golden', 'P2', 'checkGolden(bundle, golden, network)', ''],
    ['engine-slower-path', 'F34', '|| !backend || !this.#current) throw error', '|| this.#base) throw error'],
  ]),
  ...defencesOf('web/ranker/core.ts', CORE, [
    ['core-killed', 'P4', 'if (keeper.killed) return', 'if (!keeper) return'],
    ['core-consent', 'P12', 'if (!this.#consent.personalise) return\n', ''],
  ]),
  ...defencesOf('web/ranker/bundleKeeper.ts', CORE, [
    [
      'keeper-stale',
      'P5',
      'return this.#options.platform.now() > this.#active.expires + STALE_DAYS * DAY_MS',
      'return false',
    ],
  ]),
  ...defencesOf(
    'web/ranker/openOverlay.ts',
    ['test/web/overlay.test.ts'],
    [['overlay-signature', 'T1', "await verify('overlay', envelope, pins)", 'JSON.parse(envelope).payload']],
  ),
  ...defencesOf(
    'web/ranker/saidKeeper.ts',
    ['test/web/overlay.test.ts'],
    [['overlay-site', 'T4', 'if (site && said && said.site !== site)', 'if (!overlay && !apply) {']],
  ),
  ...defencesOf(
    'web/client/supervisor.ts',
    ['test/web/supervisor.test.ts'],
    [
      ['thread-hangs', 'F34', 'if (isWorker) watch()', ''],
      ['thread-dies', 'F34', 'dead.catch(() => reject(new Dead()))', ''],
    ],
  ),
  ...defencesOf(
    'web/client/loadBridge.ts',
    ['test/e2e/wholeBrowser.test.ts'],
    [
      [
        'loader-integrity',
        'T7',
        'fetch(url, { integrity: integrity!, credentials',
        'fetch(url, { credentials',
        { name: 'T7' },
      ],
    ],
  ),
  ...defencesOf(
    'web/widget/card.ts',
    ['test/web/element.test.ts'],
    [
      ['card-text', 'T9', 'node.textContent = text', 'node.innerHTML = text'],
      ['card-link', 'T10', 'const safe = url && safeUrl(url, document.baseURI)', 'const safe = url'],
      ['card-image', 'T10', 'details?.image && safeUrl(details.image, document.baseURI)', 'details?.image'],
    ],
  ),
  ...defencesOf(
    'web/widget/ForYouElement.ts',
    ['test/web/element.test.ts'],
    [
      ['element-error', 'P1', "if (current() && !this.#slate) this.#setState('error')", 'throw new Error()'],
      ['element-late-answer', 'P1', 'if (current()) this.#show(slate)', 'this.#show(slate)'],
    ],
  ),
  ...defencesOf(
    'web/client/popularSlate.ts',
    ['test/e2e/wholeBrowser.test.ts'],
    [['popular-verifiable', 'F16', 'if (!crypto.subtle) return null', '', { name: 'F16' }]],
  ),
]
