import { ForYouError } from '../../shared/domain/errors.ts'

/**
 * What the ranker does not need before its first slate, or needs but can fetch beside itself: files of their own, imported
 * when they are first asked for. They share the thread's modules, so that nothing is there twice.
 */
const PARTS = {
  ranking: () => import('./ranking.ts'),
  update: () => import('./update.ts'),
  finishing: () => import('./finishing.ts'),
  openOverlay: () => import('./openOverlay.ts'),
  openRules: () => import('./openRules.ts'),
}
type PartName = keyof typeof PARTS
type Part<N extends PartName> = Awaited<ReturnType<(typeof PARTS)[N]>>

/** A script that the build has made: its name beside the ranker's own file, and its Subresource Integrity. */
export interface PinnedFile {
  readonly file: string
  readonly integrity: string
}
/** Written in by the build; absent where the sources run as they are. */
declare const __FORYOU_PARTS__: Readonly<Record<PartName, PinnedFile>> | undefined

const coming = new Map<PartName, Promise<unknown>>()

/** @throws ForYouError `network` where it cannot be fetched, or is not what was built in; the next call tries again */
export function part<N extends PartName>(name: N): Promise<Part<N>> {
  const arriving = coming.get(name) ?? brought(name)
  coming.set(name, arriving)
  arriving.catch(() => coming.delete(name))
  return arriving as Promise<Part<N>>
}

async function brought(name: PartName): Promise<unknown> {
  if (typeof __FORYOU_PARTS__ !== 'undefined') await verified(__FORYOU_PARTS__[name])
  return PARTS[name]()
}

/** What arrives must have the hash that was built in; an import then takes the same bytes from the cache. */
export async function verified({ file, integrity }: PinnedFile): Promise<string> {
  const url = new URL(/* @vite-ignore */ file, import.meta.url).href
  try {
    await (await fetch(url, { integrity, credentials: 'omit' })).arrayBuffer()
  } catch (cause) {
    throw new ForYouError('network', `${url} could not be loaded.`, { cause })
  }
  return url
}
