import { cpSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import fc from 'fast-check'
import { afterAll, beforeEach, describe, expect, it } from 'vitest'
import { DrillSite } from '../../models/publish/drillSite.ts'
import { readHistory, recordShipped } from '../../models/publish/keyHistory.ts'
import { ensureKeys, KEY_FILES, readOpsKeys, readPins, readReleaseKeys } from '../../models/publish/keys.ts'
import { revoke, rotate } from '../../models/publish/rotateKeys.ts'
import { DAY_MS } from '../../shared/domain/clock.ts'
import { runForYou } from './runForYou.ts'

const NOW = Date.UTC(2026, 10, 1)
const parent = mkdtempSync(join(tmpdir(), 'foryou-rotation-'))
afterAll(() => rmSync(parent, { recursive: true }))
const folder = () => mkdtempSync(join(parent, 'project-'))

describe('whatever an owner does in whatever order', () => {
  const action = fc.oneof(
    fc.record({
      do: fc.constant('rotate' as const),
      role: fc.constantFrom('release' as const, 'ops' as const),
    }),
    fc.record({
      do: fc.constant('revoke' as const),
      role: fc.constantFrom('release' as const, 'ops' as const),
      which: fc.nat(3),
    }),
    fc.record({ do: fc.constant('deploy' as const) }),
    fc.record({ do: fc.constant('night' as const), days: fc.constantFrom(1, 8) }),
    fc.record({ do: fc.constant('refresh' as const) }),
  )

  it('no visitor of a loader that is still out there is cut off, and two keys of each role stay pinned', async () => {
    let rotated = 0
    let revoked = 0
    const property = fc.asyncProperty(fc.array(action, { minLength: 10, maxLength: 16 }), async (actions) => {
      const dir = folder()
      await ensureKeys(dir)
      const site = new DrillSite(dir, NOW, 7)
      site.deploy()
      await site.nightly()
      for (const wish of actions) {
        if (wish.do === 'deploy') site.deploy()
        if (wish.do === 'night') await site.waitUntil(site.options.now + wish.days * DAY_MS, wish.days)
        if (wish.do === 'refresh') await site.change('refresh', {})
        if (wish.do === 'rotate') {
          const step = await rotate(dir, wish.role, site.options)
          if (step.do === 'drop') rotated++
        }
        if (wish.do === 'revoke') {
          const pins = readPins(dir)[wish.role]
          const done = await revoke(dir, pins[wish.which % pins.length]!.kid, site.options).catch((error) => {
            expect(error.code).toBe('conflict') // somebody would have been cut off
          })
          if (done) revoked++
        }
        await site.look(JSON.stringify(wish))
        const refusals = site.rows.flatMap(({ step, visitors }) =>
          visitors.flatMap(({ loader, refused }) =>
            refused === null ? [] : [`${step}: ${loader}: ${refused}`],
          ),
        )
        expect(refusals).toEqual([])
        const { release, ops } = readPins(dir)
        expect(Math.min(release.length, ops.length)).toBeGreaterThanOrEqual(2)
      }
    })
    await fc.assert(property, { numRuns: 6, seed: 7, endOnFailure: true })
    expect(rotated + revoked).toBeGreaterThan(5)
  })
})

describe('foryou keys', () => {
  let root: string
  let now: number
  let edge: string
  const run = (...argv: string[]) => runForYou(root, [...argv], root, { now: () => now })
  const kids = () => {
    const { release, ops } = readPins(root)
    return { release: release.map(({ kid }) => kid), ops: ops.map(({ kid }) => kid) }
  }

  beforeEach(async () => {
    root = folder()
    now = NOW
    edge = join(root, 'empty')
    await ensureKeys(root)
  })

  it('rotate: each call takes a step or says what to wait for; secrets stay secret, files stay private', async () => {
    const [r1, r2] = kids().release
    const made = await run('keys', 'rotate', 'release')
    expect(made).toMatchObject({ code: 0, out: expect.stringContaining('A new release key is made') })
    const r3 = kids().release[2]!
    expect((await run('keys')).out).toContain('A rotation of the release keys is under way')
    expect(readReleaseKeys(root).map(({ kid }) => kid)).toEqual([r1, r2, r3])
    expect(readFileSync(join(root, KEY_FILES.edge), 'utf8')).toContain(r3)

    const ship = await run('keys', 'rotate', 'release')
    expect(ship).toMatchObject({ code: 1, out: expect.stringContaining('npm run deploy') })
    now += 1000
    expect((await run('keys', 'shipped')).code).toBe(0)
    const wait = await run('keys', 'rotate', 'release')
    expect(wait).toMatchObject({ code: 1, out: expect.stringContaining('until 2026-11-08') })
    now += 7 * DAY_MS
    const unseen = rotate(root, 'release', { now, live: () => Promise.reject(new Error('no edge')) })
    await expect(unseen).rejects.toThrow('no edge') // nothing is dropped blindly
    expect(kids().release).toEqual([r1, r2, r3])
    const dropped = await run('keys', 'rotate', 'release', '--to', edge)
    expect(dropped).toMatchObject({ code: 0, out: expect.stringContaining(`${r1} signs no more`) })
    expect(kids().release).toEqual([r2, r3])
    expect(readReleaseKeys(root).map(({ kid }) => kid)).toEqual([r2, r3])
    expect((await run('keys')).out).not.toContain('under way')

    const secrets = [...readReleaseKeys(root), ...readOpsKeys(root)].map(({ d }) => d)
    for (const { out, err } of [made, ship, wait, dropped]) {
      for (const secret of secrets) expect(out + err).not.toContain(secret)
    }
    for (const file of [KEY_FILES.release, KEY_FILES.ops, KEY_FILES.edge, KEY_FILES.history]) {
      expect(statSync(join(root, file)).mode & 0o777, file).toBe(0o600)
    }
  })

  it('rotate ops: the edge signs with the key that stays from the next deployment on', async () => {
    const [o1, o2] = kids().ops
    await run('keys', 'rotate', 'ops')
    const o3 = kids().ops[2]
    expect(readOpsKeys(root).map(({ kid }) => kid)).toEqual([o2, o1, o3])
    const vars = readFileSync(join(root, KEY_FILES.edge), 'utf8')
    expect(/^OPS_KEY='(.*)'$/m.exec(vars)![1]).toContain(`"kid":"${o2}"`)
  })

  it('an owner who pins by hash and gives old pages longer waits longer', async () => {
    writeFileSync(join(root, 'foryou.config.json'), '{"loaderDays": 60}')
    await run('keys', 'rotate', 'ops')
    now += 1000
    await run('keys', 'shipped')
    now += 59 * DAY_MS
    expect((await run('keys', 'rotate', 'ops')).out).toContain('until 2026-12-31')
  })

  it('a step that was interrupted after the private key is finished by the next call', async () => {
    const before = readFileSync(join(root, KEY_FILES.pins))
    await run('keys', 'rotate', 'release')
    const pinned = readFileSync(join(root, KEY_FILES.pins), 'utf8')
    writeFileSync(join(root, KEY_FILES.pins), before)
    await expect(ensureKeys(root)).rejects.toMatchObject({ code: 'bad_config' })
    expect((await run('keys', 'rotate', 'release')).code).toBe(0)
    expect(readFileSync(join(root, KEY_FILES.pins), 'utf8')).toBe(pinned)
    expect((await ensureKeys(root)).release).toHaveLength(3)
  })

  it('revoke takes a key out at once, and puts one in its place; the last word of a visitor bars the way', async () => {
    const [r1, r2] = kids().release
    const first = await run('keys', 'revoke', r1!, '--reason', 'a laptop was stolen', '--to', edge)
    expect(first).toMatchObject({ code: 0, out: expect.stringContaining('A new release key stands by') })
    expect(kids().release[0]).toBe(r2)
    expect(readReleaseKeys(root).map(({ kid }) => kid)).not.toContain(r1)
    expect(readHistory(root)).toContainEqual({
      did: 'retired',
      at: NOW,
      kid: r1,
      reason: 'a laptop was stolen',
    })

    const second = await run('keys', 'revoke', r2!, '--to', edge)
    expect(second).toMatchObject({ code: 1, err: expect.stringContaining('they would get nothing new') })
    expect(kids().release).toContain(r2)
    const forced = await run('keys', 'revoke', r2!, '--cut-off', '--to', edge)
    expect(forced.code).toBe(0)
    expect(kids().release).not.toContain(r2)
    expect(kids().release).toHaveLength(2)
    expect((await run('keys', 'revoke', 'release-none', '--to', edge)).code).toBe(1)
    expect((await run('keys', 'revoke')).code).toBe(2)
    expect((await run('keys', 'rotate', 'root')).code).toBe(2)
  })

  it('revoke of the key that signs heads keeps its pin until the head is signed by another one', async () => {
    const site = new DrillSite(root, NOW, 7)
    site.deploy()
    await site.nightly()
    const [o1] = kids().ops
    const to = ['--to', join(root, 'edge')]
    const first = await run('keys', 'revoke', o1!, ...to)
    expect(first.out).toContain('foryou refresh')
    expect(kids().ops).toContain(o1)
    expect((await run('keys', 'revoke', o1!, ...to)).out).toContain('foryou refresh') // nothing has changed yet
    site.deploy()
    await site.change('refresh', {})
    expect((await run('keys', 'revoke', o1!, ...to)).out).toContain('The next loader does not pin it')
    expect(kids().ops).not.toContain(o1)
    expect(kids().ops).toHaveLength(2)
  })

  it('a standby key that lies elsewhere is left alone', async () => {
    const [r1, r2] = readReleaseKeys(root)
    recordShipped(root, readPins(root), NOW)
    writeFileSync(join(root, KEY_FILES.release), JSON.stringify([r1])) // r2 is in a safe
    expect((await ensureKeys(root)).pins.release).toHaveLength(2)
    const alone = await run('keys', 'revoke', r1!.kid, '--to', edge)
    expect(alone).toMatchObject({ code: 1, err: expect.stringContaining('holds no other release key') })
    await run('keys', 'rotate', 'release')
    expect(kids().release).toHaveLength(3)
    expect(kids().release).toContain(r2!.kid)
  })

  it('drill rehearses it all and says that nobody was cut off', async () => {
    const { code, out } = await run('keys', 'drill', '--json')
    expect(code).toBe(0)
    const { cutOff, drills } = JSON.parse(out)
    expect(cutOff).toBe(0)
    expect(drills).toHaveLength(4)
    for (const { gone, pinned, rows } of drills) {
      expect(pinned).toHaveLength(2)
      expect(pinned).not.toContain(gone)
      expect(rows.length).toBeGreaterThan(5)
    }
  })

  it('copies of the keys serve a machine that only publishes', async () => {
    const other = folder()
    for (const file of [KEY_FILES.release, KEY_FILES.pins]) cpSync(join(root, file), join(other, file))
    expect(readReleaseKeys(other)).toEqual(readReleaseKeys(root))
    await expect(ensureKeys(other)).rejects.toMatchObject({ code: 'bad_config' })
  })
})
