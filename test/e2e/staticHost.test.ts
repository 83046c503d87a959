import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Browser, Page } from 'playwright'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { ensureKeys } from '../../models/publish/keys.ts'
import { syntheticWorld } from '../../models/world/syntheticWorld.ts'
import { runForYou } from '../models/runForYou.ts'
import { hostPage } from './hostPage.ts'
import { newVisitor, openBrowser, ROOT, shown, trainedFolder } from './site.ts'
import { staticHost } from './staticHost.ts'

let dir: string
let browser: Browser
let files: Server
let page: Server
let endpoint: string
let origin: string
const asked: string[] = []

const listen = async (server: Server) => {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`
}

async function foryou(...argv: string[]): Promise<string> {
  const { code, out, err } = await runForYou(dir, argv, ROOT, { env: process.env, now: Date.now })
  if (code !== 0) throw new Error(`${err}\n${out}`)
  return out
}
const onFolder = (...argv: string[]) => foryou(...argv, '--to', 'cdn')

beforeAll(async () => {
  dir = mkdtempSync(join(tmpdir(), 'foryou-cdn-'))
  const bundle = join(await trainedFolder(syntheticWorld()), 'release')
  cpSync(bundle, join(dir, 'next'), { recursive: true })
  const manifest = JSON.parse(readFileSync(join(bundle, 'manifest.json'), 'utf8'))
  writeFileSync(join(dir, 'next/manifest.json'), JSON.stringify({ ...manifest, seed: manifest.seed + 1 }))
  await ensureKeys(ROOT)
  await onFolder('publish', bundle)
  files = createServer(staticHost('/cdn/foryou/', join(dir, 'cdn'), asked))
  endpoint = `${await listen(files)}/cdn/foryou`
  page = createServer((_, response) =>
    response.setHeader('content-type', 'text/html; charset=utf-8').end(hostPage(endpoint)),
  )
  origin = await listen(page)
  browser = await openBrowser()
})
afterAll(async () => {
  await browser?.close()
  page?.close()
  files?.close()
  rmSync(dir, { recursive: true })
})

/** Runs code in the page with the page's own client. */
const inPage = (on: Page, code: string) =>
  on.evaluate(`(async () => {
    const { createForYou } = await import('${endpoint}/foryou.js')
    const client = createForYou({ endpoint: '${endpoint}', consent: 'granted' })
    ${code}
  })()`)

describe('a folder behind a static host, below a path', () => {
  test('gives a page of another origin a personal slate, and a change after the next contact', async () => {
    const { context, page: visitor, errors } = await newVisitor(browser)
    await visitor.goto(origin)
    const popular = await shown(visitor, 'for-you')
    expect(popular.reason).toBe('popular')
    const liked = JSON.stringify(popular.items.slice(0, 3))
    await inPage(visitor, `for (const item of ${liked}) await client.record({ item, kind: 'view' })`)
    await visitor.reload()
    const personal = await shown(visitor, 'for-you', ({ reason }) => reason === 'personal')
    expect(personal.items).not.toEqual(popular.items)

    // The same films, another release.
    const ranked = () =>
      inPage(visitor, 'await client.update(); return (await client.recommend({ k: 3 })).manifest')
    const first = await ranked()
    await onFolder('publish', join(dir, 'next'))
    await onFolder('promote', join(dir, 'next'))
    const second = await ranked()
    expect(second).not.toBe(first)
    await onFolder('rollback')
    expect(await ranked()).toBe(first)
    // What an owner says of single items: the folder takes it as an edge does.
    const [gone] = personal.items
    await onFolder('items', 'withdraw', gone!)
    await ranked()
    const slate = await inPage(
      visitor,
      'return (await client.recommend({ k: 50 })).items.map(({ item }) => item)',
    )
    expect(slate).not.toContain(gone)
    expect(slate).toContain(personal.items[1])
    const list = await (await fetch(`${endpoint}/v1/popular`)).text()
    expect(list).not.toContain(`"item":"${gone}"`)
    await onFolder('kill')
    await ranked()
    const reason = await inPage(visitor, 'return (await client.recommend({ k: 3 })).reason')
    expect(reason).toBe('killed')
    expect(errors).toEqual([])
    // Plain files below the path, and nothing else was asked for.
    expect(asked.filter((line) => !line.startsWith('200 '))).toEqual([])
    await context.close()
  })

  test('is well, by the account of the doctor: nothing that visitors are kept from', async () => {
    await onFolder('kill', '--off')
    const { findings, bad } = JSON.parse(await foryou('doctor', endpoint, '--page', origin, '--json'))
    expect(bad).toBe(0)
    const of = (name: string) => findings.find(({ check }: { check: string }) => check === name)
    // The loader, minified, names the scripts that it starts, and those name theirs.
    expect(of('starts').text).toMatch(/^[4-9] scripts/)
    expect(of('pins').state).toBe('good')
    expect(of('blobs').text).toMatch(/^all \d\d+, /)
    expect(of('script').state).toBe('good')
  })
})
