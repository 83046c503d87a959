import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeEach, describe, expect, test } from 'vitest'
import { openDirectoryEdge } from '../../models/publish/directoryEdge.ts'
import type { EdgeClient } from '../../models/publish/edgeClient.ts'
import { recordShipped } from '../../models/publish/keyHistory.ts'
import { ensureKeys, readOpsKeys, readPins, readReleaseKeys } from '../../models/publish/keys.ts'
import { liveSigners } from '../../models/publish/liveSigners.ts'
import { publishBundle } from '../../models/publish/publishBundle.ts'
import { revoke, rotate } from '../../models/publish/rotateKeys.ts'
import { DAY_MS } from '../../shared/domain/clock.ts'
import { FakeEdge, fakeKeys } from '../web/fakeEdge.ts'
import { NOW } from '../web/fakePlatform.ts'
import { Visitor } from '../web/node/visitor.ts'
import { sampleBundle } from '../web/sampleBundle.ts'

const parent = mkdtempSync(join(tmpdir(), 'foryou-drill-'))
afterAll(() => rmSync(parent, { recursive: true }))

/** What visitors ask, answered by a folder that `publish` and `promote` have written. */
class FolderEdge extends FakeEdge {
  client!: EdgeClient
  override fetch = async (url: string): Promise<Response> => {
    const [, kind, name = ''] = /\/v1\/(\w+)\/?(\w*)/.exec(url)!
    const body =
      kind === 'head'
        ? await this.client.head()
        : await (kind === 'm' ? this.client.document(name) : this.client.blob(name))
    return body === null ? new Response('', { status: 404 }) : new Response(body)
  }
}

let dir: string
let now: number
let edge: FolderEdge
/** One device for each loader that went out; each comes back after every release. */
let visitors: Visitor[]

beforeEach(async () => {
  dir = mkdtempSync(join(parent, 'site-'))
  now = NOW
  edge = new FolderEdge(await fakeKeys())
  await ensureKeys(dir)
  visitors = []
  ship()
})

/** A deployment: the edge gets the present secrets, new visitors a loader with the present pins. */
function ship(): void {
  edge.client = openDirectoryEdge({
    dir: join(dir, 'edge'),
    site: 'films',
    keysDir: dir,
    who: 'drill',
    now: () => now,
  })
  const visitor = new Visitor(edge)
  visitor.pins = readPins(dir)
  visitors.push(visitor)
  recordShipped(dir, visitor.pins, now)
}

const options = () => ({ now, loaderDays: 7, live: () => liveSigners(edge.client, readPins(dir)) })

/** Time passes, a bundle of that moment is published and promoted, and every visitor gets it and ranks with it. */
async function release(days: number, floor?: 'now'): Promise<void> {
  now += days * DAY_MS + 1
  const { payload, blobs } = await sampleBundle({ version: now, asOf: now })
  const folder = join(dir, 'bundle')
  mkdirSync(join(folder, 'b'), { recursive: true })
  writeFileSync(join(folder, 'manifest.json'), payload)
  for (const [name, bytes] of blobs) writeFileSync(join(folder, 'b', name), bytes)
  const { manifest } = await publishBundle(folder, edge.client, { releaseKeys: readReleaseKeys(dir), floor })
  await edge.client.change('promote', { manifest, op: `release-${now}` })
  await visit(manifest)
}

async function visit(manifest: string): Promise<void> {
  for (const [i, visitor] of visitors.entries()) {
    visitor.platform.clock = now + 1
    const { uptake, items } = await visitor.visit()
    expect(uptake, `loader ${i + 1}`).toBe('success')
    expect(items.length).toBeGreaterThan(0)
    expect((await visitor.record())?.manifest).toBe(manifest)
  }
}

describe('a visitor with the old loader goes on updating, and so does one with the new', () => {
  test.each(['release', 'ops'] as const)('while the %s keys are rotated', async (role) => {
    const [oldest] = readPins(dir)[role]
    await release(1)
    expect((await rotate(dir, role, options())).do).toBe('make')
    await release(1)
    ship()
    await release(1)
    expect((await rotate(dir, role, options())).do).toBe('wait')
    await release(7)
    expect(await rotate(dir, role, options())).toEqual({ do: 'drop', kid: oldest!.kid })
    await release(1) // the first loader has only one more day than it was promised, and still goes on
    ship()
    await release(1, 'now')
    expect(visitors).toHaveLength(3)
    const sites = await Promise.all(visitors.map((visitor) => visitor.record()))
    for (const record of sites) expect(record!.floor).toBe(now)
    if (role === 'ops') {
      // Heads are counted for each key that has signed: a new key begins anew, an old one cannot be replayed.
      const scopes = sites[0]!.seqs.map(([scope]) => scope)
      expect(scopes).toContain(`films/${oldest!.kid}`)
      expect(scopes).toContain(`films/${readOpsKeys(dir)[0]!.kid}`)
    }
  })

  test('while the ops key that signs is revoked after a leak', async () => {
    await release(1)
    const [leaked] = readOpsKeys(dir)
    expect(await revoke(dir, leaked!.kid, options())).toMatchObject({ dropped: false, needed: ['the head'] })
    ship()
    await release(1)
    expect(await revoke(dir, leaked!.kid, options())).toMatchObject({ dropped: true })
    ship()
    await release(1, 'now')
    expect(visitors).toHaveLength(3)
    expect(readPins(dir).ops.map(({ kid }) => kid)).not.toContain(leaked!.kid)
  })

  test('while a release key is revoked after a leak', async () => {
    await release(1)
    const [leaked] = readReleaseKeys(dir)
    expect(await revoke(dir, leaked!.kid, options())).toMatchObject({ dropped: true })
    ship()
    await release(1, 'now')
    await release(1)
  })
})
