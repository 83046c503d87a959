import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { expect, test } from 'vitest'
import { readEmbed } from '../models/publish/embed.ts'
import { buildSite } from '../web/build.ts'

const ROOT = resolve(import.meta.dirname, '..')

test('whoever builds the same sources with the same pins gets the same loader, thread and chunks', async () => {
  const outDir = mkdtempSync(join(tmpdir(), 'foryou-build-'))
  try {
    await buildSite({ root: ROOT, outDir })
    const embed = readEmbed(outDir)
    expect(embed!.files.length).toBeGreaterThanOrEqual(7)
    expect(embed).toEqual(readEmbed(join(ROOT, 'dist', 'site')))
  } finally {
    rmSync(outDir, { recursive: true })
  }
}, 60_000)
