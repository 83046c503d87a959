import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { BrowserContext, Page } from 'playwright'
import { expect } from 'vitest'
import { createEdgeClient, type EdgeClient } from '../../models/publish/edgeClient.ts'
import { ensureKeys, KEY_FILES, type Keys } from '../../models/publish/keys.ts'
import { type LocalEdge, startLocalEdge } from '../../models/publish/localEdge.ts'
import { publishBundle } from '../../models/publish/publishBundle.ts'
import { seededRandom } from '../../models/random.ts'
import { encodeDetails } from '../../shared/bundle/detailsFile.ts'
import { type SigningKey, sign } from '../../shared/bundle/envelope.ts'
import { sha256 } from '../../shared/bundle/hash.ts'
import type { Head } from '../../shared/bundle/manifest.ts'
import type { Overlay } from '../../shared/bundle/overlay.ts'
import type { ChangeKind, Wish } from '../../shared/delivery/api.ts'
import type { ThreadStatus, Uptake } from '../../shared/domain/rankerThread.ts'
import type { Slate } from '../../shared/domain/slate.ts'
import { FILMS, NOW, type SampleBundle, sampleBundle } from '../web/sampleBundle.ts'
import { FaultyEdge } from './faultyEdge.ts'
import { ROOT } from './site.ts'
import { type WatchedPage, watchedPage } from './watchedPage.ts'

/** A real edge behind a proxy that can fail, somebody's page on another origin, and releases one after the other. */
export class Stage {
  readonly edge: LocalEdge
  readonly proxy: FaultyEdge
  readonly keys: Keys
  readonly #client: EdgeClient
  readonly #folder: string
  readonly #host: Server
  #version = 0
  #seq = 0
  /** The releases, oldest first. */
  readonly releases: SampleBundle[] = []

  private constructor(edge: LocalEdge, proxy: FaultyEdge, keys: Keys, folder: string) {
    this.edge = edge
    this.proxy = proxy
    this.keys = keys
    this.#folder = folder
    this.#client = createEdgeClient({ endpoint: edge.url, tokens: keys.tokens })
    this.#host = createServer((incoming, response) => {
      const { pathname, searchParams } = new URL(incoming.url ?? '/', this.origin)
      const asked: Partial<WatchedPage> = Object.fromEntries(searchParams)
      const page = { loader: this.proxy.url, later: pathname === '/later', ...asked }
      const html = pathname === '/bare' ? '<!doctype html><title>Bare</title>' : watchedPage(page)
      response.setHeader('content-type', 'text/html; charset=utf-8').end(html)
    })
  }

  static async open(): Promise<Stage> {
    const folder = mkdtempSync(join(tmpdir(), 'foryou-stage-'))
    const keys = await ensureKeys(ROOT)
    const edge = await startLocalEdge({
      root: ROOT,
      port: 0,
      persistDir: join(folder, 'edge'),
      site: 'foryou',
    })
    const stage = new Stage(edge, await FaultyEdge.before(edge.url), keys, folder)
    await new Promise<void>((resolve) => stage.#host.listen(0, '127.0.0.1', resolve))
    return stage
  }

  async close(): Promise<void> {
    this.#host.closeAllConnections()
    this.#host.close()
    this.proxy.stop()
    await this.edge.stop()
    rmSync(this.#folder, { recursive: true, force: true })
  }

  /** The page's origin, without a slash at its end. */
  get origin(): string {
    return `http://127.0.0.1:${(this.#host.address() as AddressInfo).port}`
  }

  /**
   * Publishes another release; the films of the first shard change their names, so that some blobs are new and others are not.
   * @param padding bytes that are added to its details, to make it large
   * @returns the manifest's name
   */
  async publish(padding = 0): Promise<string> {
    const n = ++this.#version
    const site = 'foryou'
    const files = { 'details/0': details(n, padding), 'popular.json': popularList(n) }
    const bundle = await sampleBundle({ site, version: NOW + n }, files)
    this.releases.push(bundle)
    const folder = join(this.#folder, `${n}`)
    mkdirSync(join(folder, 'b'), { recursive: true })
    writeFileSync(join(folder, 'manifest.json'), bundle.payload)
    for (const [name, bytes] of bundle.blobs) writeFileSync(join(folder, 'b', name), bytes)
    return this.publishFolder(folder)
  }

  async publishFolder(folder: string): Promise<string> {
    const { manifest } = await publishBundle(folder, this.#client, { releaseKeys: this.keys.release })
    return manifest
  }

  async promote(manifest: string): Promise<void> {
    await this.change('promote', { manifest })
  }

  async change<K extends ChangeKind>(kind: K, wish: Omit<Wish<K>, 'op'>): Promise<void> {
    const written = await this.#client.change(kind, { ...wish, op: crypto.randomUUID() } as Wish<K>)
    if ('seq' in written) this.#seq = written.seq
  }

  async release(padding = 0): Promise<string> {
    const manifest = await this.publish(padding)
    await this.promote(manifest)
    return manifest
  }

  /** Of the live head. */
  get seq(): number {
    return this.#seq
  }

  /** Publishes what the owner says of single items, and has the head name it. */
  async overlay(overlay: Overlay): Promise<void> {
    const envelope = await sign('overlay', JSON.stringify(overlay), this.keys.release)
    const name = await sha256(envelope.payload)
    await this.#client.putDocument(name, 'overlay', envelope)
    await this.change('overlay', { overlay: name })
  }

  /** Bytes of a file of a release, counted from the latest: −1. */
  file(release: number, role: string): Buffer {
    const { manifest, blobs } = this.releases.at(release)!
    return Buffer.from(blobs.get(manifest.files.find((file) => file.role === role)!.sha256)!)
  }

  /** The live head as the edge sends it, and another one with changes, signed by the edge's own key or a given one. */
  async head(change?: Partial<Head> | ((head: Head) => Partial<Head>), key = this.opsKey): Promise<string> {
    const envelope = (await this.#client.head()) ?? ''
    if (!change) return envelope
    const head = JSON.parse((JSON.parse(envelope) as { payload: string }).payload) as Head
    const changed = { ...head, ...(typeof change === 'function' ? change(head) : change) }
    return JSON.stringify(await sign('head', JSON.stringify(changed), [key]))
  }

  get opsKey(): SigningKey {
    return (JSON.parse(readFileSync(join(ROOT, KEY_FILES.ops), 'utf8')) as SigningKey[])[0]!
  }
}

/** Details of the first shard, padded with noise: what compresses takes no room. */
function details(n: number, padding: number): ArrayBuffer {
  const each = Math.ceil(padding / (FILMS / 2) / 2048)
  const random = seededRandom(n)
  const letter = () => String.fromCharCode(97 + Math.floor(random() * 26))
  const noise = () => Array.from({ length: 2048 }, letter).join('')
  return encodeDetails({
    firstRow: 0,
    details: Array.from({ length: FILMS / 2 }, (_, i) => ({
      title: `Film ${i}, cut ${n}`,
      year: 1950 + i,
      link: `/film?id=f${i}`,
      ...(each > 0 && { attributes: { pad: Array.from({ length: each }, noise) } }),
    })),
  })
}

/** What the edge tells a visitor nobody knows. */
function popularList(n: number): ArrayBuffer {
  const items = Array.from({ length: 12 }, (_, i) => ({
    item: `f${i}`,
    score: 1,
    why: [],
    details: { title: `Film ${i}, cut ${n}`, link: `/film?id=f${i}` },
  }))
  const slate = { surface: 'popular', items, reason: 'popular', manifest: null, partial: false }
  return new TextEncoder().encode(JSON.stringify(slate)).buffer
}

/** Films that a visitor of these tests has seen: westerns. */
export const SEEN = ['f2', 'f4', 'f6']
const ASK = `client.recommend({ surface: 'for-you', k: 12 })`

/** A visitor on somebody's page, and what the page has noted of it. */
export class Visit {
  readonly page: Page
  readonly #errors: string[] = []

  private constructor(page: Page) {
    this.page = page
    page.on('pageerror', (error) => this.#errors.push(error.message))
  }

  static async to(address: string, context: BrowserContext): Promise<Visit> {
    const visit = new Visit(await context.newPage())
    await visit.page.goto(address)
    return visit
  }

  slate(): Promise<Slate> {
    return this.page.evaluate(ASK)
  }

  status(): Promise<ThreadStatus> {
    return this.page.evaluate('client.status()')
  }

  record(...items: readonly string[]): Promise<void> {
    return this.page.evaluate(
      `(async () => { for (const item of ${JSON.stringify(items)}) await client.record({ item, kind: 'view' }) })()`,
    )
  }

  /** Waits until the attempt to bring the bundle up to date has ended. */
  async settled(): Promise<ThreadStatus> {
    for (const began = Date.now(); ; ) {
      const status = await this.status()
      if (status.uptake !== null) return status
      if (Date.now() - began > 10_000) throw new Error(`No attempt has ended: ${JSON.stringify(status)}`)
      await new Promise((resolve) => setTimeout(resolve, 25))
    }
  }

  /** What the element shows: ids, or the site's own content. Waits for what it has been asked. */
  async shows(): Promise<readonly string[] | 'own content'> {
    await this.page
      .locator('for-you:is([data-state=ready], [data-state=empty], [data-state=error])')
      .waitFor()
    if (await this.page.locator('for-you > p').isVisible()) return 'own content'
    return this.page
      .locator('for-you [data-item]')
      .evaluateAll((nodes) => nodes.map((node) => node.getAttribute('data-item') ?? ''))
  }

  update(): Promise<Uptake> {
    return this.page.evaluate('client.update()')
  }

  /** As if a minute had passed: what asked for patience may be asked again. */
  async minuteLater(): Promise<void> {
    await this.page.evaluate(`new Promise((resolve, reject) => {
      const opening = indexedDB.open('foryou')
      opening.onsuccess = () => {
        const transaction = opening.result.transaction('meta', 'readwrite')
        transaction.objectStore('meta').put(0, 'backoff')
        transaction.oncomplete = () => resolve(opening.result.close())
        transaction.onabort = () => reject(transaction.error)
      }
    })`)
  }

  /** Promise P1: nothing that nobody caught, nothing that moves, no moment with nothing to see. */
  async unharmed(): Promise<void> {
    const watched = (await this.page.evaluate('watched')) as { frames: number }
    expect(watched).toEqual({ errors: [], moved: [], bare: 0, frames: expect.any(Number) })
    expect(watched.frames).toBeGreaterThan(0)
    expect(this.#errors).toEqual([])
  }

  /** What the device holds; every blob is hashed. */
  stored(): Promise<Stored> {
    return this.page.evaluate(READ_STORE) as Promise<Stored>
  }

  close(): Promise<void> {
    return this.page.close()
  }
}

export interface Stored {
  readonly active: { manifest: string; seqs: [string, number][]; present: number; previous: unknown } | null
  /** Names whose bytes hash to them, and names whose bytes do not. */
  readonly blobs: readonly string[]
  readonly torn: readonly string[]
  readonly history: readonly string[]
}

/** Text, not a function: it runs in the page. Never makes a database. */
const READ_STORE = `(async () => {
  const nothing = { active: null, blobs: [], torn: [], history: [] }
  if (!(await indexedDB.databases()).some(({ name }) => name === 'foryou')) return nothing
  const done = (request) => new Promise((resolve, reject) => {
    request.onsuccess = () => resolve(request.result)
    request.onerror = () => reject(request.error)
  })
  const db = await done(indexedDB.open('foryou'))
  const store = (name) => db.transaction(name).objectStore(name)
  const all = {
    active: (await done(store('active').get('active'))) ?? null,
    blobs: [], torn: [],
    history: (await done(store('history').getAll())).map(({ item }) => item),
  }
  const [names, blobs] = [await done(store('blobs').getAllKeys()), await done(store('blobs').getAll())]
  for (const [i, name] of names.entries()) {
    const hash = new Uint8Array(await crypto.subtle.digest('SHA-256', blobs[i]))
    const hex = Array.from(hash, (byte) => byte.toString(16).padStart(2, '0')).join('')
    all[hex === name ? 'blobs' : 'torn'].push(name)
  }
  db.close()
  return all
})()`
