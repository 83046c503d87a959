import { createHash } from 'node:crypto'
import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import type { Pins } from '../../shared/bundle/envelope.ts'
import { ForYouError } from '../../shared/domain/errors.ts'
import { createFile, replaceFile } from './atomicFile.ts'
import { brotli } from './brotli.ts'
import { bytesOf } from './bytesOf.ts'
import { readEmbed } from './embed.ts'
import { pinnedIn } from './pinnedIn.ts'
import { staticHeaders } from './staticHeaders.ts'

const LOADER = 'foryou.js'

/**
 * Copies what an embedding page loads beside the bundle: `foryou.js`, the files of `assets/` that it starts, and `_headers` for
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
  const built = pinnedIn(loader.toString('utf8'))
  const strange = [...pins.release, ...pins.ops].find(({ kid }) => !built.includes(kid))
  if (strange) {
    throw new ForYouError('bad_config', `The built loader does not pin the key ${strange.kid}.`, {
      hint: 'Run "npm run build" again, with the keys of this environment.',
    })
  }
  const assets = startedBy(loader, join(siteDir, 'assets'))
  for (const [name, bytes] of assets) await copy(join(dir, 'assets', name), bytes)
  // The same bytes under a name of their own, for pages that pin them.
  const named = readEmbed(siteDir)?.loader
  if (named) await copy(join(dir, named), loader)
  await copy(join(dir, LOADER), loader)
  replaceFile(join(dir, '_headers'), staticHeaders())
  return [LOADER, ...(named ? [named] : []), ...[...assets.keys()].map((name) => `assets/${name}`).sort()]
}

/** Files whose names occur in the loader, or in one of those: every name holds a hash of what is in the file. */
function startedBy(loader: Buffer, folder: string): Map<string, Buffer> {
  const names = readdirSync(folder)
  const found = new Map<string, Buffer>()
  const waiting = [loader]
  for (let bytes = waiting.pop(); bytes; bytes = waiting.pop()) {
    for (const name of names) {
      if (found.has(name) || !bytes.includes(name)) continue
      const next = bytesOf(join(folder, name))!
      found.set(name, next)
      waiting.push(next)
    }
  }
  return found
}

async function copy(path: string, bytes: Buffer): Promise<void> {
  const there = bytesOf(path)
  const same = there && hashOf(there) === hashOf(bytes)
  if (same && bytesOf(`${path}.br`)) return
  const body = await brotli(bytes)
  if (!same && !createFile(path, bytes)) replaceFile(path, bytes)
  replaceFile(`${path}.br`, body)
}

const hashOf = (bytes: Buffer) => createHash('sha256').update(bytes).digest('hex')
