import { brotliCompressSync, constants } from 'node:zlib'
import type { Rung } from '../../shared/bundle/manifest.ts'

/** What each rung costs, beside what it gains. */
export type RungCosts = Readonly<Record<Rung, { model: string; bytes: number; trainSeconds: number }>>

/** What each rung is fitted by, and the files that it is the first to need. */
const NEEDS: Readonly<Record<Rung, { model: string; trainer: string; roles: RegExp }>> = {
  popularity: { model: 'popularity', trainer: 'popularity', roles: /^(catalogue\/|popularity$)/ },
  'personal-popularity': {
    model: 'personal-popularity',
    trainer: 'personal-popularity',
    roles: /^content\//,
  },
  content: { model: 'content', trainer: 'content', roles: /^content\// },
  collaborative: { model: 'table-neighbours', trainer: 'table-neighbours', roles: /^(table|neighbours)\// },
  transitions: { model: 'transitions', trainer: 'transitions', roles: /^transitions\// },
  ranker: { model: 'tfjs network', trainer: 'ranker', roles: /^ranker$/ },
}

/** A table without lists is made of vectors that were brought along. */
const VECTORS = { model: 'embeddings', trainer: 'embeddings', roles: /^table\// }

/**
 * Bytes over the wire (Brotli) and seconds of training by rung.
 * @param fitted rung → trainer, where another than the product's own filled it
 */
export function rungCosts(
  blobs: ReadonlyMap<string, ArrayBuffer>,
  trainSeconds: Readonly<Record<string, number>>,
  popularModel: string,
  fitted: Readonly<Partial<Record<Rung, string>>> = {},
): RungCosts {
  const compressed = new Map([...blobs].map(([role, blob]) => [role, brotliBytes(blob)]))
  const hasLists = [...blobs.keys()].some((role) => role.startsWith('neighbours/'))
  const cost = (rung: Rung) => {
    const { model, trainer, roles } = rung === 'collaborative' && !hasLists ? VECTORS : NEEDS[rung]
    const bytes = [...compressed].reduce((sum, [role, size]) => sum + (roles.test(role) ? size : 0), 0)
    return {
      model: rung === 'popularity' ? popularModel : (fitted[rung] ?? model),
      bytes,
      trainSeconds: trainSeconds[fitted[rung] ?? trainer] ?? 0,
    }
  }
  return {
    popularity: cost('popularity'),
    'personal-popularity': cost('personal-popularity'),
    content: cost('content'),
    collaborative: cost('collaborative'),
    transitions: cost('transitions'),
    ranker: cost('ranker'),
  }
}

/** Bytes over the wire. */
export function brotliBytes(blob: ArrayBuffer): number {
  return brotliCompressSync(new Uint8Array(blob), { params: { [constants.BROTLI_PARAM_QUALITY]: 9 } }).length
}
