import { mkdir, mkdtemp, readFile, rename, rm, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { unzipSync } from 'fflate'
import { ForYouError } from '../../../shared/domain/errors.ts'
import type { Progress } from '../../progress.ts'
import { downloadFile } from './downloadFile.ts'
import type { PublishedSet } from './publishedSets.ts'

export interface FetchOptions {
  /** Where the data set's folder is made. */
  readonly folder: string
  /** Another server that has the archives under the same names; hashes hold for it too. */
  readonly mirror?: string
  readonly progress: Progress
  readonly wait?: (ms: number) => Promise<void>
}

/**
 * Downloads a published set, checks it, and writes its files into `folder/name`, which appears when all of them are whole.
 * @returns the folder
 * @throws ForYouError as {@link downloadFile}, or `bad_data` where the archive lacks a file
 */
export async function fetchPublished(set: PublishedSet, options: FetchOptions): Promise<string> {
  const target = join(options.folder, set.name)
  const file = set.url.slice(set.url.lastIndexOf('/') + 1)
  const url = options.mirror ? `${options.mirror.replace(/\/+$/, '')}/${file}` : set.url
  const archive = join(dirname(options.folder), 'downloads', file)
  const step = `downloading ${file}`
  await downloadFile(url, archive, {
    bytes: set.bytes,
    maxBytes: set.maxBytes ?? Number.MAX_SAFE_INTEGER,
    sha256: set.sha256,
    progress: (done, of) => options.progress(step, { done, of: of ?? 0 }),
    ...(options.wait ? { wait: options.wait } : {}),
  })
  options.progress(`unpacking ${file}`)
  const files = set.convert(unpacked(await readFile(archive), set))
  await mkdir(options.folder, { recursive: true })
  const draft = await mkdtemp(join(dirname(archive), `${set.name}-`))
  try {
    for (const [name, bytes] of files) await writeFile(join(draft, name), bytes)
    await rm(target, { recursive: true, force: true })
    await rename(draft, target)
  } finally {
    await rm(draft, { recursive: true, force: true })
  }
  await rm(archive)
  return target
}

/** The files that are needed, by their names without folders: an archive cannot choose where anything is written. */
function unpacked(archive: Uint8Array, { name, needs }: PublishedSet): Map<string, Uint8Array> {
  const base = (path: string) => path.slice(path.lastIndexOf('/') + 1)
  let entries: Record<string, Uint8Array>
  try {
    entries = unzipSync(archive, { filter: (entry) => needs.includes(base(entry.name)) })
  } catch (cause) {
    throw new ForYouError(
      'bad_data',
      `The archive of ${name} cannot be unpacked: ${(cause as Error).message}.`,
      { cause },
    )
  }
  const files = new Map<string, Uint8Array>()
  // A resource fork of macOS has the same name in another folder; the first one is the file.
  for (const [path, bytes] of Object.entries(entries)) {
    if (!path.startsWith('__MACOSX/') && !files.has(base(path))) files.set(base(path), bytes)
  }
  const terms = /^(?:README|LICENSE)/
  const missing = needs.filter((need) => !files.has(need) && !terms.test(need))
  if (missing.length > 0) {
    throw new ForYouError('bad_data', `The archive of ${name} lacks ${missing.join(', ')}.`)
  }
  return files
}
