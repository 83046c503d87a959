import * as v from 'valibot'
import type { BuiltBundle } from '../../models/build/builtBundle.ts'
import { open } from '../../models/build/builtBundle.ts'
import { encodeCatalogue } from '../../shared/bundle/catalogueFile.ts'
import { encodeContent } from '../../shared/bundle/contentFile.ts'
import { decodeFile } from '../../shared/bundle/decode.ts'
import { encodeDetails } from '../../shared/bundle/detailsFile.ts'
import { encodeFile } from '../../shared/bundle/encode.ts'
import { type Bundle, openBundle } from '../../shared/bundle/openBundle.ts'
import { encodePopularity, NO_ARRIVALS } from '../../shared/bundle/popularityFile.ts'

/** A delta's content written anew as files of one shard, without a base: what deltas are an economical way to say. */
export function inOneShard(built: BuiltBundle): Bundle {
  const bundle = open(built)
  const { items, ids, firstDay, year, popularity, content } = bundle
  const blobs = new Map<string, ArrayBuffer>()
  blobs.set('catalogue/0', encodeCatalogue({ firstRow: 0, ids, firstDay, year }))
  blobs.set('popularity', encodePopularity({ ...popularity, arrivals: NO_ARRIVALS }))
  blobs.set('table/0', built.blobs.get('table/0')!)
  for (const kind of ['neighbours', 'transitions'] as const)
    blobs.set(`${kind}/0`, withEmptyLists(built.blobs.get(`${kind}/0`)!, kind, items))
  const { offsets, columns, weights, vocabulary } = content!
  blobs.set(
    'content/0',
    encodeContent({ offsets, terms: columns, weights: Uint8Array.from(weights), vocabulary }),
  )
  blobs.set('ranker', built.blobs.get('ranker')!)
  const details = ids.map((_, item) => bundle.detailsOf(item)!)
  blobs.set('details/0', encodeDetails({ firstRow: 0, details }))
  const files = [...blobs.keys()].map((role) => ({ role, sha256: '0'.repeat(64), bytes: 1 }))
  return openBundle({ ...built.manifest, files }, built.hash, blobs)
}

/** The same lists, and none for the items behind them, which stand in a lane of their own. */
function withEmptyLists(buffer: ArrayBuffer, kind: 'neighbours' | 'transitions', items: number): ArrayBuffer {
  const file = decodeFile(buffer, kind, `${kind}/0`)
  const lanes = Array.from(file.section('lanes', 'uint8'))
  const lengths = Array.from(file.section('lengths', 'uint16'))
  const scales = Array.from(file.section('scales', 'uint8'))
  const last = Math.max(...lanes) + 1
  while (lanes.length < items) {
    lanes.push(last)
    lengths.push(0)
    scales.push(1)
  }
  return encodeFile({
    kind,
    meta: file.meta(v.object({ step: v.number() })),
    sections: {
      lengths: Uint16Array.from(lengths),
      gaps: file.section('gaps', 'uint8'),
      extra: file.section('extra', 'uint8'),
      far: file.section('far', 'uint32'),
      roots: file.section('roots', 'uint8'),
      scales: Uint8Array.from(scales),
      lanes: Uint8Array.from(lanes),
    },
  })
}
