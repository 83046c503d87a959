import { existsSync, mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import { openDirectoryStore, stateOf } from '../../models/publish/directoryStore.ts'
import { NO_MEMORY } from '../../shared/delivery/deliveryStore.ts'
import { storeContract } from '../shared/storeContract.ts'

const dir = mkdtempSync(join(tmpdir(), 'foryou-folder-'))
afterAll(() => rmSync(dir, { recursive: true }))
let folders = 0
const fresh = () => join(dir, `edge-${folders++}`)

describe('a folder', () => {
  storeContract(async () => {
    const store = openDirectoryStore(fresh())
    return {
      store,
      async putBlob(name, bytes) {
        store.putBlob(name, 'identity', new Uint8Array(bytes), 0)
        store.putBlob(name, 'br', new Uint8Array(1), 0)
      },
    }
  })

  it('goes on from a copy of the public files alone, and from its state alone', async () => {
    const folder = fresh()
    const open = () => openDirectoryStore(folder)
    await open().putHead('first', { ...NO_MEMORY, floor: 7 }, null)
    const first = (await open().head())!.etag
    await open().putHead('second', { ...NO_MEMORY, floor: 8 }, first)
    rmSync(folder, { recursive: true }) // a build has emptied it
    expect(await open().head()).toMatchObject({ envelope: 'second', memory: { floor: 8 } })
    expect(existsSync(join(folder, 'v1/head'))).toBe(true)
    rmSync(stateOf(folder), { recursive: true }) // only the public files were kept
    const { etag, memory } = (await open().head())!
    expect(memory).toEqual(NO_MEMORY)
    // Nothing says any more what has followed the first head; it is not the latest all the same.
    expect(await open().putHead('stale', NO_MEMORY, first)).toBe(false)
    expect(await open().putHead('third', NO_MEMORY, etag)).toBe(true)
    expect(await open().putHead('late', NO_MEMORY, etag)).toBe(false)
    expect(await open().head()).toMatchObject({ envelope: 'third' })
  })

  it('repairs a blob that is not what its name says, and takes nothing unfinished for a file', async () => {
    const folder = fresh()
    const store = openDirectoryStore(folder)
    const name = '2cf24dba5fb0a30e26e83b2ac5b9e29e1b161e5c1fa7425e73043362938b9824' // of "hello"
    const hello = Buffer.from('hello')
    expect(store.putBlob(name, 'identity', Buffer.from('hel'), 0)).toBe(true)
    expect(store.putBlob(name, 'identity', hello, 0)).toBe(true)
    expect(store.putBlob(name, 'identity', hello, 0)).toBe(false)
    expect(store.blob(name)?.toString()).toBe('hello')
    expect(readdirSync(join(folder, 'v1/b'))).toEqual([name])
  })
})
