import type { Pins } from '../../shared/bundle/envelope.ts'

/** A script of the build: its name beside the loader, and its Subresource Integrity. */
export interface ScriptFile {
  readonly file: string
  /** Absent where whoever imports it knows it. */
  readonly integrity?: string
}

/** What the build writes into the loader: who may sign, and the scripts that it starts. */
export interface Built {
  readonly pins: Pins
  /** The bridge, the ranker, and the ranker's parts that every visit needs. */
  readonly scripts: readonly ScriptFile[]
}
declare const __FORYOU__: Built | undefined

/** `null` where the sources run as they are. */
export const built: Built | null = typeof __FORYOU__ === 'undefined' ? null : __FORYOU__

const here: string = import.meta.url
/** Where the loader came from, without a trailing slash: the edge, unless the page says otherwise. */
export const home: string = new URL('.', here).href.slice(0, -1)
