import type { Manifest } from '../../shared/bundle/manifest.ts'
import type { BuiltBundle } from '../build/builtBundle.ts'
import { brotli } from './brotli.ts'

/** Brotli bytes, as they are published, of what a device fetches to go from one bundle to another, the head left out. */
export interface UpdateSizes {
  readonly manifest: number
  /** Role → bytes of the files that the device lacks. */
  readonly files: Readonly<Record<string, number>>
  readonly total: number
  /** What somebody who has nothing yet fetches. */
  readonly whole: number
}

/** Files that only the edge or a person reads. */
const NOT_FETCHED = /^(evaluation|encoder|report|popular\..*)$/
/** Key ids and signatures of two release keys, which do not compress. */
const SIGNATURES = 240

/**
 * @param from what the device has
 * @param to what it goes to; its roles name the blobs
 */
export async function updateSizes(from: Pick<Manifest, 'files'>, to: BuiltBundle): Promise<UpdateSizes> {
  const had = new Set(from.files.map(({ sha256 }) => sha256))
  const text = new TextEncoder().encode(JSON.stringify({ payload: to.payload, sigs: [] }))
  const manifest = (await brotli(text)).length + SIGNATURES
  const files: Record<string, number> = {}
  let whole = manifest
  for (const { role, sha256 } of to.manifest.files) {
    if (NOT_FETCHED.test(role)) continue
    const bytes = (await brotli(new Uint8Array(to.blobs.get(role)!))).length
    whole += bytes
    if (!had.has(sha256)) files[role] = bytes
  }
  const total = manifest + Object.values(files).reduce((sum, bytes) => sum + bytes, 0)
  return { manifest, files, total, whole }
}
