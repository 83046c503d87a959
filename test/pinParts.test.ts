import { createHash } from 'node:crypto'
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { PARTS_PLACEHOLDER, pinParts } from '../web/pinParts.ts'

type Chunks = Parameters<typeof pinParts>[2]
const ENTRY = 'assets/ranker-1.js'
const PART = 'assets/update-2.js'
let folder: string

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'foryou-parts-'))
  mkdirSync(join(folder, 'assets'))
  writeFileSync(join(folder, ENTRY), `const pins = \`${PARTS_PLACEHOLDER}\`; export { pins }`)
  writeFileSync(join(folder, PART), 'export const update = 1')
})
afterEach(() => rmSync(folder, { recursive: true }))

const chunk = (fileName: string, name: string, imports: string[] = [], isDynamicEntry = true) => ({
  fileName,
  name,
  imports,
  isDynamicEntry,
})
const pin = (...chunks: ReturnType<typeof chunk>[]) =>
  pinParts(folder, ENTRY, [chunk(ENTRY, 'ranker', [], false), ...chunks] as unknown as Chunks)

test('the entry learns what its parts are called and must hash to', () => {
  expect(pin(chunk(PART, 'update', [ENTRY]))).toEqual({ update: PART })
  const hash = createHash('sha256').update('export const update = 1').digest('base64')
  expect(readFileSync(join(folder, ENTRY), 'utf8')).toBe(
    `const pins = {"update":{"file":"./update-2.js","integrity":"sha256-${hash}"}}; export { pins }`,
  )
})

test('a file that a part would load and nobody has pinned fails the build', () => {
  const shared = chunk('assets/shared-3.js', 'shared', [], false)
  expect(() => pin(chunk(PART, 'update', [ENTRY, shared.fileName]), shared)).toThrow(
    'assets/shared-3.js is shared by parts',
  )
})

test('an entry without a place for the hashes of its parts fails the build', () => {
  writeFileSync(join(folder, ENTRY), 'export const nothing = 1')
  expect(() => pin(chunk(PART, 'update', [ENTRY]))).toThrow('has no place for the hashes')
})

test('an entry without parts stays as it is', () => {
  writeFileSync(join(folder, ENTRY), 'export const nothing = 1')
  expect(pin()).toEqual({})
  expect(readFileSync(join(folder, ENTRY), 'utf8')).toBe('export const nothing = 1')
})
