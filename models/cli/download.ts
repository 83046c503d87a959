import { join } from 'node:path'
import { ForYouError } from '../../shared/domain/errors.ts'
import { fetchPublished } from '../ingest/publishers/fetchPublished.ts'
import { PUBLISHED_SETS, type PublishedSet } from '../ingest/publishers/publishedSets.ts'
import type { Io } from './command.ts'
import { consoleProgress } from './consoleProgress.ts'

/** Megabytes, as a person would say it. */
export function sizeWords({ bytes }: PublishedSet): string {
  return bytes === undefined ? 'size not known' : `${(bytes / 1e6).toFixed(bytes < 1e7 ? 1 : 0)} MB`
}

/** @throws ForYouError `not_found`, naming those that there are */
export function publishedSet(name: string): PublishedSet {
  const set = PUBLISHED_SETS.find((other) => other.name === name)
  if (set) return set
  throw new ForYouError('not_found', `No publisher of "${name}" is known.`, {
    hint: `Can be downloaded: ${PUBLISHED_SETS.map((other) => other.name).join(', ')}.`,
  })
}

/** Downloads a set into the cache, with its source and terms said first. @returns its folder */
export async function download(set: PublishedSet, io: Io): Promise<string> {
  const mirror = io.env.FORYOU_MIRROR
  io.note(`Downloading ${set.name} (${sizeWords(set)}) from ${mirror ?? set.url}`)
  io.note(`  ${set.licence}`)
  const progress = consoleProgress(io)
  const folder = await fetchPublished(set, {
    folder: join(io.root, '.cache', 'data'),
    progress,
    ...(mirror ? { mirror } : {}),
  })
  progress.end()
  io.note(`  in ${folder}`)
  return folder
}
