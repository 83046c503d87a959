import { type Defence, defencesOf } from './defence.ts'

const PUBLISHING = ['test/worker/publishing.test.ts']
const CREDENTIALS = ['test/worker/credentials.test.ts']
const PUBLIC = ['test/worker/public.test.ts']
const STORE = ['test/worker/r2Store.test.ts', 'test/worker/promote.test.ts']

/** What protects the edge, and those who publish to it. */
export const edgeDefences: readonly Defence[] = [
  ...defencesOf('worker/r2Store.ts', STORE, [
    ['bucket-compare-and-swap', 'F27', '{ etagMatches: replaces }', '({} as R2Conditional)'],
    [
      'bucket-create-only',
      'T19',
      "new Headers({ 'if-none-match': '*' })",
      '({} as R2Conditional)',
      { tests: [...PUBLISHING, ...STORE] },
    ],
  ]),
  ...defencesOf('worker/authorise.ts', CREDENTIALS, [
    [
      'token',
      'T17',
      'if (!crypto.subtle.timingSafeEqual(hash, new TextEncoder().encode(known.sha256))) continue',
      '',
    ],
    [
      'token-expires',
      'T17',
      'if (known.until !== undefined && now >= known.until) {',
      'if (known.until === -1) {',
    ],
    ['token-scope', 'T17', 'if (allowed.some((scope) => scopes.has(scope))) return', 'if (allowed) return'],
    ['token-bearer', 'T18', "scheme?.toLowerCase() !== 'bearer' || ", ''],
  ]),
  ...defencesOf(
    'worker/adminRequest.ts',
    [...PUBLISHING, ...CREDENTIALS],
    [
      [
        'admin-content-type',
        'T18',
        'if (Object.hasOwn(request, given)) return given',
        'if (request) return Object.keys(request)[0]!',
      ],
      ['admin-body-limit', 'T16', 'maxSize: MAX_MANIFEST_BYTES,', 'maxSize: 1e12,'],
      [
        'admin-names',
        'T19',
        'if (parsed.success) return [key, parsed.output]',
        'if (parsed) return [key, text]',
      ],
    ],
  ),
  ...defencesOf('worker/publishRoutes.ts', PUBLISHING, [
    ['upload-cap', 'T16', 'if (size > maxBytes) {', 'if (size < 0) {'],
    ['upload-length', 'T16', '!body || !length || !/^\\d{1,15}$/.test(length)', '!body'],
    [
      'published-is-seen',
      'F24',
      'await forget(originOf(c), Object.values(cacheKeys(object)))',
      '',
      { tests: [...PUBLIC, ...PUBLISHING] },
    ],
    ['brotli-after-document', 'T1', 'if ((await c.var.store.document(name)) === null)', "if (name === '')"],
  ]),
  ...defencesOf('worker/admin.ts', PUBLISHING, [
    [
      'admin-no-cors',
      'T18',
      "c.header('cache-control', 'no-store')",
      "c.header('cache-control', 'no-store'); c.header('access-control-allow-origin', '*')",
    ],
    ['admin-not-cached', 'T17', "c.header('cache-control', 'no-store')", ''],
    [
      'admin-strangers-budget',
      'T16',
      "await overBudget(c.env, 'LIMIT_STRANGERS', 'strangers')",
      'null',
      { tests: ['test/worker/rateLimit.test.ts'] },
    ],
    [
      'admin-token-budget',
      'T16',
      "await overBudget(c.env, 'LIMIT_TOKENS', caller.token)",
      'null',
      { tests: ['test/worker/rateLimit.test.ts'] },
    ],
  ]),
  ...defencesOf('worker/problem.ts', PUBLIC, [
    [
      'absent-age',
      'F24',
      'status === 404 ? `public',
      "status === 404 ? 'public, max-age=31536000' : 'no-store', //",
    ],
    ['error-says-nothing', 'T17', "known?.message ?? 'The edge failed to answer.'", 'String(error)'],
  ]),
  ...defencesOf('worker/public.ts', PUBLIC, [
    ['public-embeddable', 'P4', "c.header('cross-origin-resource-policy', 'cross-origin')", ''],
    ['public-nosniff', 'T9', "c.header('x-content-type-options', 'nosniff')", ''],
    ['public-date', 'F8', "c.header('date', new Date(now()).toUTCString())", ''],
    ['public-date-exposed', 'F8', "exposeHeaders: ['Date', 'ETag']", "exposeHeaders: ['ETag']"],
    ['public-any-origin', 'P4', "cors({ origin: '*'", "cors({ origin: 'https://one.example'"],
    ['public-head-age', 'P4', 'const SHORT = `public', "const SHORT = 'public, max-age=86400' //"],
    [
      'public-read-only',
      'T18',
      'app.get(path, handler).all(path, (c) => notAllowed(c))',
      'app.all(path, handler)',
    ],
    ['public-popular-policy', 'T9', `"default-src 'none'; `, '"'],
  ]),
  ...defencesOf('worker/answer.ts', PUBLIC, [
    ['answer-no-ranges', 'F3', "headers.set('accept-ranges', 'none')", ''],
    [
      'answer-unopened',
      'F31',
      "find(isHead || condition ? 'headers' : 'body')",
      "find('body')",
      { tests: ['test/worker/streams.test.ts'] },
    ],
  ]),
  ...defencesOf(
    'worker/cached.ts',
    [...PUBLIC, 'test/worker/streams.test.ts'],
    [
      ['cached-whole', 'F3', 'return body.pipeThrough(new FixedLengthStream(size))', 'return body'],
      [
        'cached-no-tee',
        'F31',
        "context.waitUntil(load('body').then((copy) => copy && keep(url, copy, age)))",
        'const [body, copy] = entity.body.tee(); context.waitUntil(keep(url, { ...entity, body: copy }, age)); return { ...entity, body }',
        { tests: ['test/worker/streams.test.ts'] },
      ],
      [
        'cached-headers-apart',
        'F24',
        'keep(entity.body === null ? headersKey(url) : url, entity, age)',
        'keep(url, entity, age)',
      ],
      ['cached-absence', 'T16', 'context.waitUntil(keep(url, null, ABSENT_AGE))', ''],
      ['cached-coding', 'F24', 'headers.set(CODING, entity.coding)', ''],
    ],
  ),
  ...defencesOf(
    'models/publish/publishBundle.ts',
    ['test/models/publishEdge.test.ts'],
    [
      [
        'publish-blobs-first',
        'F26',
        '  await Promise.all(Array.from({ length: PARALLEL }, work))\n',
        "  await client.putDocument(name, 'manifest', envelope)\n  await Promise.all(Array.from({ length: PARALLEL }, work))\n",
      ],
      ['publish-resumes', 'F26', 'files.filter((file) => missing.has(file.sha256))', 'files'],
      [
        'publish-own-hash',
        'T1',
        'if (hash !== name || blob.length !== bytes) {',
        'if (blob.length < 0) {',
        { tests: ['test/models/publish.test.ts'] },
      ],
    ],
  ),
  ...defencesOf(
    'models/publish/gatedManifest.ts',
    ['test/models/gate.test.ts', 'test/models/publish.test.ts'],
    [['publish-gate', 'F42', 'if (failed.length === 0) return read', 'if (failed) return read']],
  ),
  ...defencesOf(
    'models/publish/edgeTransport.ts',
    ['test/models/publish.test.ts'],
    [
      [
        'publish-token-in-clear',
        'T17',
        "if (url.protocol === 'http:' && !",
        "if (url.protocol === 'ftp:' && !",
      ],
    ],
  ),
]
