import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { TRAINERS } from '../../models/train/registry.ts'

test('docs/models.md has a row for every trainer, with its rung, and none for others', () => {
  const page = readFileSync(join(import.meta.dirname, '../../docs/models.md'), 'utf8')
  const rows = page.matchAll(/^\| `([^`]+)` \| ([a-z-]+) \|/gm)
  expect(Array.from(rows, ([, name, rung]) => [name, rung])).toEqual(
    TRAINERS.map(({ name, rung }) => [name, rung]),
  )
})
