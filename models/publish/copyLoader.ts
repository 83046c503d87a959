import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Pins } from '../../shared/bundle/envelope.ts'
import { ForYouError } from '../../shared/domain/errors.ts'
import { createFile, replaceFile } from './atomicFile.ts'
import { brotli } from './brotli.ts'
import { bytesOf } from './bytesOf.ts'
import { EMBED_FILE, readEmbed } from './embed.ts'
import { hashOf } from './hashOf.ts'
import { demandPins } from './pinnedIn.ts'
import { staticHeaders } from './staticHeaders.ts'

const LOADER = 'foryou.js'

/**
 * Copies what an embedding page loads beside the bundle: `foryou.js`, the files that it starts, and `_headers` for
 * hosts that read it. The loader comes last: whatever it starts is there before it is. Earlier assets stay, because pages
 * still run earlier loaders.
 * @param siteDir the built site
 * @param pins what the loader has to pin
 * @returns the files, by their paths in the folder
 * @throws ForYouError `not_found` where nothing is built, `bad_config` where it was built with other keys
 */
export async function copyLoader(siteDir: string, dir: string, pins: Pins): Promise<readonly string[]> {
  const loader = bytesOf(join(siteDir, LOADER))
  if (!loader) {
    throw new ForYouError('not_found', `${join(siteDir, LOADER)} cannot be read.`, {
      hint: 'Run "npm run build", or give --no-scripts.',
    })
  }
  demandPins(loader.toString('utf8'), pins)
  // What it starts, and the same bytes under a name of their own, for pages that pin them.
  const files = readEmbed(siteDir)!.files.map(({ path }) => path)
  for (const path of files) await copy(join(dir, path), readFileSync(join(siteDir, path)))
  await copy(join(dir, LOADER), loader)
  await copy(join(dir, EMBED_FILE), readFileSync(join(siteDir, EMBED_FILE)))
  replaceFile(join(dir, '_headers'), staticHeaders())
  return [LOADER, ...files]
}

async function copy(path: string, bytes: Buffer): Promise<void> {
  const there = bytesOf(path)
  const same = there && hashOf(there) === hashOf(bytes)
  if (same && bytesOf(`${path}.br`)) return
  const body = await brotli(bytes)
  if (!same && !createFile(path, bytes)) replaceFile(path, bytes)
  replaceFile(`${path}.br`, body)
}
