import type { Pins } from '../../shared/bundle/envelope.ts'

/** What the build writes into the loader: who may sign, and the ranker's file with its Subresource Integrity. */
export interface Built {
  readonly pins: Pins
  readonly ranker: { readonly file: string; readonly integrity: string }
}
declare const __FORYOU__: Built | undefined

/** `null` where the sources run as they are. */
export const built: Built | null = typeof __FORYOU__ === 'undefined' ? null : __FORYOU__

const here: string = import.meta.url
/** Where the loader came from, without a trailing slash: the edge, unless the page says otherwise. */
export const home: string = new URL('.', here).href.slice(0, -1)
