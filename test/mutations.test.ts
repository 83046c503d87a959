import { existsSync, readFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { expect, test } from 'vitest'
import { defences } from './mutations/defences.ts'

const ROOT = resolve(import.meta.dirname, '..')

test('every defence in the list still stands where the list says, once, with tests that exist', () => {
  expect(defences.length).toBeGreaterThan(40)
  const ids = defences.map(({ id }) => id)
  expect(ids.filter((id, i) => ids.indexOf(id) !== i)).toEqual([])
  const stale = defences.flatMap(({ id, file, find, replace, tests, name = '' }) => {
    const text = existsSync(join(ROOT, file)) ? readFileSync(join(ROOT, file), 'utf8') : ''
    const times = text.split(find).length - 1
    // A name that fits no test would run none, and none can fail.
    const missing = tests.filter(
      (path) => !existsSync(join(ROOT, path)) || !readFileSync(join(ROOT, path), 'utf8').includes(name),
    )
    if (times === 1 && find !== replace && missing.length === 0 && tests.length > 0) return []
    return [
      `${id}: "${find}" stands ${times} times in ${file}; tests that are not there: ${missing.join(', ') || 'none'}`,
    ]
  })
  expect(stale).toEqual([])
})
