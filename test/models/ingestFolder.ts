import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { onTestFinished } from 'vitest'
import type { Dataset } from '../../models/dataset.ts'

/** A moment after all times in the tests. */
export const NOW = Date.UTC(2026, 6, 1)

/** A temporary folder with the given files, gone when the test ends. @returns its path */
export async function ingestFolder(files: Readonly<Record<string, string | Uint8Array>>): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'foryou-test-'))
  onTestFinished(() => rm(folder, { recursive: true, force: true }))
  for (const [name, content] of Object.entries(files)) {
    await mkdir(dirname(join(folder, name)), { recursive: true })
    await writeFile(join(folder, name), content)
  }
  return folder
}

/** Where a test looks for data: its own folder only. */
export function placesIn(folder: string) {
  return { env: {}, root: folder, cwd: folder, now: NOW }
}

/** A dataset's interactions as one line each, for comparisons that a person can read. */
export function linesOf({ users, offsets, items, catalogue, times, values, positive }: Dataset): string[] {
  return users.flatMap((user, u) =>
    Array.from({ length: offsets[u + 1]! - offsets[u]! }, (_, i) => {
      const row = offsets[u]! + i
      const sign = positive[row] ? '+' : '-'
      return `${user} ${catalogue[items[row]!]!.id} ${times[row]} ${values[row]} ${sign}`
    }),
  )
}
