import { spawn } from 'node:child_process'
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join, relative } from 'node:path'
import { ForYouError } from '../../shared/domain/errors.ts'
import { KEY_FILES } from '../publish/keys.ts'
import { sourceHash } from '../sourceHash.ts'
import type { Io } from './command.ts'

/**
 * Builds the film site and the embed unless they are as the sources and the pinned keys are.
 * @param keysDir whose pins are built in
 * @param environment each has a build of its own
 * @returns the folder of the build
 */
export async function builtSite({ root, note }: Io, keysDir: string, environment = 'site'): Promise<string> {
  const out = siteFolder({ root }, environment)
  const stamp = stampOf(root, environment)
  const current = existsSync(join(out, 'index.html')) && existsSync(stamp)
  if (current && readFileSync(stamp, 'utf8') === sourcesOf(root, keysDir)) return out
  note('… building the site')
  const { code, output } = await run(root, ['web/build.ts', '--keys', keysDir, '--out', out])
  if (code !== 0) throw new ForYouError('internal', `The site could not be built.\n${output}`)
  noteBuilt(root, keysDir, environment)
  return out
}

/** Remembers that the site is as the sources are: called by whoever has just built it in another way. */
export function noteBuilt(root: string, keysDir: string, environment = 'site'): void {
  mkdirSync(join(root, '.cache'), { recursive: true })
  writeFileSync(stampOf(root, environment), sourcesOf(root, keysDir))
}

const stampOf = (root: string, environment: string) => join(root, '.cache', `${environment}.sha256`)

function sourcesOf(root: string, keysDir: string): string {
  const pins = relative(root, join(keysDir, KEY_FILES.pins))
  return sourceHash(root, ['web', 'shared', 'vite.config.ts', 'package-lock.json', pins])
}

/** Where the site of an environment is built; each has its own keys in it. */
export function siteFolder({ root }: Pick<Io, 'root'>, environment = 'site'): string {
  return join(root, 'dist', environment)
}

function run(root: string, args: readonly string[]): Promise<{ code: number | null; output: string }> {
  const child = spawn(process.execPath, [...args], { cwd: root, stdio: ['ignore', 'pipe', 'pipe'] })
  let output = ''
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk) => (output += String(chunk)))
  return new Promise((resolve, reject) => {
    child.once('error', reject)
    child.once('close', (code) => resolve({ code, output }))
  })
}
