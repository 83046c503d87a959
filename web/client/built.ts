import type { Pins } from '../../shared/bundle/envelope.ts'

/** A script of the build: its name beside the loader, and its Subresource Integrity. */
export interface PinnedFile {
  readonly file: string
  readonly integrity: string
}

/** What the build writes into the loader: who may sign, and the two scripts that it starts. */
export interface Built {
  readonly pins: Pins
  readonly bridge: PinnedFile
  readonly ranker: PinnedFile
}
declare const __FORYOU__: Built | undefined

/** `null` where the sources run as they are. */
export const built: Built | null = typeof __FORYOU__ === 'undefined' ? null : __FORYOU__

const here: string = import.meta.url
/** Where the loader came from, without a trailing slash: the edge, unless the page says otherwise. */
export const home: string = new URL('.', here).href.slice(0, -1)
