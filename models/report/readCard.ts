import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { ForYouError } from '../../shared/domain/errors.ts'
import { decodeGolden, goldenOf } from '../../shared/rank/golden.ts'
import { open, readBundle } from '../build/builtBundle.ts'
import type { CardFacts, CardReport } from './cardFacts.ts'
import { exampleSlates } from './exampleSlates.ts'

/**
 * Facts of a card from what training wrote: `DIR/report.json` and the bundle in `DIR/release`.
 * @throws ForYouError `not_found`, `parse_error` or `hash_mismatch`
 */
export async function readCard(folder: string): Promise<CardFacts> {
  const path = join(folder, 'report.json')
  let text: string
  try {
    text = await readFile(path, 'utf8')
  } catch (cause) {
    throw new ForYouError('not_found', `${folder} holds no report.json.`, {
      cause,
      hint: 'Give the folder that "foryou train --out DIR" wrote.',
    })
  }
  let report: CardReport
  try {
    report = JSON.parse(text) as CardReport
  } catch (cause) {
    throw new ForYouError('parse_error', `${path} is not JSON.`, { cause })
  }
  if (!Array.isArray(report?.ladder)) {
    throw new ForYouError('parse_error', `${path} is no report of training: it has no ladder.`)
  }
  const built = await readBundle(join(folder, 'release'))
  const golden = goldenOf(built.blobs)
  const examples = exampleSlates(open(built), golden ? decodeGolden(golden) : [])
  return { report, manifest: built.manifest, hash: built.hash, examples }
}
