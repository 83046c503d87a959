import { type Defence, defencesOf } from './defence.ts'

const STORE = ['test/models/directoryStore.test.ts']
const FOLDER = ['test/models/staticEdge.test.ts']
const COPIES = ['test/models/backup.test.ts']

/** What protects a folder that a static host serves, environments, and copies. */
export const folderDefences: readonly Defence[] = [
  ...defencesOf('models/publish/headChain.ts', STORE, [
    ['folder-compare-and-swap', 'F27', 'if ((show()?.etag ?? null) !== replaces) return false', ''],
    [
      'folder-one-successor',
      'F27',
      'const won = createLink(record, next(replaces ?? NOTHING))',
      'const won = true',
    ],
    [
      'folder-finished-by-others',
      'F26',
      'const last = end()\n      if (last === null || textOf(publicPath) === last.envelope) return last',
      'return end()',
      { tests: FOLDER },
    ],
  ]),
  ...defencesOf('models/publish/atomicFile.ts', FOLDER, [
    [
      'folder-whole-files',
      'F26',
      '  const temporary = written(path, bytes)\n  renameSync(temporary, path)',
      '  rmSync(path, { force: true })\n  createFile(path, bytes)',
      { name: 'survives death' },
    ],
  ]),
  ...defencesOf('models/publish/directoryEdge.ts', FOLDER, [
    ['folder-blob-hash', 'T1', 'return !(bytes && hashOf(bytes) === name)', 'return !bytes'],
    [
      'folder-owner',
      'T5',
      'if (owner === own) return',
      'if (owner) return',
      { tests: ['test/models/environments.test.ts'], name: 'keys of their own' },
    ],
  ]),
  ...defencesOf('models/publish/backUp.ts', COPIES, [
    [
      'copy-blob-hash',
      'T1',
      '(await sha256(bytes)) !== name)\n',
      'name === "")\n',
      { name: 'a copy of an edge' },
    ],
    [
      'copy-kept-hash',
      'T1',
      'if (kept && (await sha256(kept)) === name) return',
      'if (kept) return',
      { name: 'a copy of an edge' },
    ],
  ]),
  ...defencesOf('models/publish/restoreFrom.ts', COPIES, [
    [
      'restore-nothing-newer',
      'T2',
      'if (there && there.seq > head.seq) {',
      'if (there && there.seq < 0) {',
      { name: 'a copy of an edge' },
    ],
    [
      'restore-blob-hash',
      'T1',
      'if ((await sha256(bytes)) !== name) {',
      'if (name === "") {',
      { name: 'a copy of an edge' },
    ],
  ]),
]
