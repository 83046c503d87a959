import { existsSync, mkdirSync, readdirSync, renameSync, rmSync, statSync } from 'node:fs'
import { basename, dirname, join, relative } from 'node:path'
import { ForYouError } from '../../shared/domain/errors.ts'
import type { Io } from './command.ts'

/** An output folder that appears at once, when all of it is there. */
export interface StagedOutput {
  /** Where to write until then: a hidden sibling of the output. */
  readonly folder: string
  /** Puts it in the place of the earlier output. */
  commit(): void
  /** Removes it; the earlier output is untouched. Safe to call after `commit`. */
  discard(): void
}

/**
 * Stages a folder: built as `.NAME.partial-PID` beside it, then renamed. Whoever kills the process at any moment finds the
 * earlier output; what a killed run left behind is cleaned (or, between the two renames, put back) by the next.
 * @param known names that an earlier run may have written; anything else would be lost, so it is refused
 * @throws ForYouError `bad_usage` where the folder cannot be replaced, said before the work rather than after it
 */
export function stageOutput(
  out: string,
  known: readonly string[],
  io: Pick<Io, 'cwd' | 'discard'>,
): StagedOutput {
  const parent = dirname(out)
  const name = basename(out)
  const folder = join(parent, `.${name}.partial-${process.pid}`)
  const earlier = join(parent, `.${name}.earlier-${process.pid}`)
  if (!relative(out, io.cwd).startsWith('..')) {
    throw new ForYouError('bad_usage', `${out} is the current folder; it would be replaced.`, {
      hint: 'Name a folder inside it, e.g. --out out.',
    })
  }
  try {
    mkdirSync(parent, { recursive: true })
    removeStale(parent, name)
    assertReplaceable(out, parent, known)
  } catch (cause) {
    if (cause instanceof ForYouError) throw cause
    throw new ForYouError('bad_usage', `${out} cannot be written: ${(cause as Error).message}`, { cause })
  }
  const forget = io.discard?.(out) ?? (() => {})
  mkdirSync(folder)
  return {
    folder,
    commit() {
      if (existsSync(out)) renameSync(out, earlier)
      renameSync(folder, out)
      rmSync(earlier, { recursive: true, force: true })
      forget()
    },
    discard() {
      rmSync(folder, { recursive: true, force: true })
      forget()
    },
  }
}

function assertReplaceable(out: string, parent: string, known: readonly string[]): void {
  if (!existsSync(out)) return
  if (!statSync(out).isDirectory()) throw new ForYouError('bad_usage', `${out} is a file, not a folder.`)
  if (statSync(out).dev !== statSync(parent).dev) {
    throw new ForYouError('bad_usage', `${out} is mounted and cannot be replaced as a whole.`, {
      hint: 'Name a folder inside it.',
    })
  }
  const foreign = readdirSync(out).filter((entry) => !known.includes(entry))
  const bundles = ['evaluation', 'release']
    .map((bundle) => join(out, bundle))
    .filter((path) => existsSync(path))
  const odd = bundles.filter(
    (path) => readdirSync(path).length > 0 && !existsSync(join(path, 'manifest.json')),
  )
  if (foreign.length + odd.length === 0) return
  throw new ForYouError(
    'bad_usage',
    `${odd[0] ?? out} holds something that is no output of training${foreign[0] ? ` ("${foreign[0]}")` : ''}; it would be lost.`,
    {
      hint: 'Name another folder with --out.',
    },
  )
}

/** For whoever ends a process from outside: removes what it had staged, and puts the earlier output back where it was moved. */
export function abandonOutput(out: string): void {
  removeStale(dirname(out), basename(out))
}

/** What runs that are gone, or this very process, left beside the output. */
function removeStale(parent: string, name: string): void {
  for (const entry of readdirSync(parent)) {
    const kind = ['partial', 'earlier'].find((word) => entry.startsWith(`.${name}.${word}-`))
    const pid = Number(entry.slice(entry.lastIndexOf('-') + 1))
    if (!kind || !Number.isInteger(pid) || (pid !== process.pid && isAlive(pid))) continue
    const out = join(parent, name)
    // Killed between the two renames: the earlier output goes back to its place.
    if (kind === 'earlier' && !existsSync(out)) renameSync(join(parent, entry), out)
    else rmSync(join(parent, entry), { recursive: true, force: true })
  }
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return true
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM'
  }
}
