import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises'
import { basename, join } from 'node:path'
import { PUBLISHED_SETS, type PublishedSet } from './publishedSets.ts'

/** Sets whose own files are no tables, in the order in which their files tell them apart. */
const OWN_FORMATS = ['ml-1m', 'ml-100k']

/**
 * A folder with a publisher's own files, as somebody unpacked them, made into tables in `cache/NAME`.
 * @returns the folder with the tables, `undefined` where the files are not those of a publisher
 */
export async function convertedFolder(folder: string, cache: string): Promise<string | undefined> {
  const names = await readdir(folder).catch((): string[] => [])
  const isOwn = ({ name, needs }: PublishedSet) =>
    OWN_FORMATS.includes(name) && needs.every((need) => need === 'README' || names.includes(need))
  const set = PUBLISHED_SETS.find(isOwn)
  if (!set) return undefined
  const files = new Map<string, Uint8Array>()
  for (const need of set.needs) if (names.includes(need)) files.set(need, await readFile(join(folder, need)))
  const target = join(cache, basename(folder))
  await mkdir(target, { recursive: true })
  for (const [name, bytes] of set.convert(files)) await writeFile(join(target, name), bytes)
  return target
}
