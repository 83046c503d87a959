import * as v from 'valibot'
import { Count, Moment } from '../../shared/bundle/fields.ts'
import { sha256 } from '../../shared/bundle/hash.ts'
import type { BundleFile } from '../../shared/bundle/manifest.ts'
import { type DeviceDatabase, isQuota } from './database.ts'

const InstalledSchema = v.object({
  /** SHA-256 of the manifest's payload. */
  manifest: v.string(),
  /** The signed manifest as it came, verified again at every load. */
  envelope: v.string(),
  /** Files that have arrived, in download order. */
  present: Count,
})
export type Installed = v.InferOutput<typeof InstalledSchema>

const ActiveSchema = v.object({
  ...InstalledSchema.entries,
  site: v.string(),
  /** Highest head number seen, by site and ops key: after a rotation of keys counting begins anew. */
  seqs: v.array(v.tuple([v.string(), Count])),
  /** Highest floor seen, ms. */
  floor: Moment,
  /** When the last head whose bundle came into use expires, by the device's clock, ms. */
  expires: Moment,
  kill: v.boolean(),
  /** The bundle before this one, until this one has ranked once. */
  previous: v.nullable(InstalledSchema),
  /** Always null: loaders before strikes were counted expect it. */
  refused: v.nullable(v.string()),
  /** Latest moment at which a head that was seen had been issued, ms. */
  issued: v.optional(Moment),
  /** When the head with the highest number was first seen, by the device's clock, ms. */
  since: v.optional(Moment),
  /** The manifest, where it is a canary's. */
  canary: v.optional(v.nullable(v.string())),
})
/** The record that says which bundle is in force; everything else in the store is only bytes by their hash. */
export type Active = v.InferOutput<typeof ActiveSchema>

const ACTIVE = 'active'

/** Other scripts of the page can write here: what is not a record counts as none. */
function parsed(stored: unknown): Active | null {
  const result = v.safeParse(ActiveSchema, stored)
  return result.success ? result.output : null
}

/**
 * Keeps verified bundles: in the database, or in memory where there is none, where the visitor has not consented, or from
 * the moment the database fails. Each blob goes in by its own transaction, the record in a last one, so that a crash leaves
 * the old bundle or the new one, never a mixture.
 */
export class BundleStore {
  #database: DeviceDatabase | null
  readonly #blobs = new Map<string, ArrayBuffer>()
  readonly #notes = new Map<string, number>()
  #active: Active | null = null
  readonly #said = new Map<string, string | null>()
  readonly #problem: (error: unknown) => void

  constructor(database: DeviceDatabase | null, problem: (error: unknown) => void = () => undefined) {
    this.#database = database
    this.#problem = problem
  }

  get kind(): 'indexeddb' | 'memory' {
    return this.#database ? 'indexeddb' : 'memory'
  }

  async active(): Promise<Active | null> {
    return this.change((active) => active)
  }

  /**
   * Changes the record in one transaction, so that nothing which another tab writes meanwhile is lost.
   * @param next pure: it may be asked twice
   * @returns the record as it is now
   */
  async change(next: (active: Active | null) => Active | null): Promise<Active | null> {
    await this.#try((db) =>
      db.run(async (d) => {
        const transaction = d.transaction('active', 'readwrite')
        const before = parsed(await transaction.store.get(ACTIVE))
        const after = next(before)
        if (after && after !== before) await transaction.store.put(after, ACTIVE)
        await transaction.done
        // Where the database fails later on, memory still knows what must not be gone back on.
        this.#active = after
      }),
    )
    if (!this.#database) this.#active = next(this.#active)
    return this.#active
  }

  /** The bytes of a file if they are there and still are what the manifest says; hashed again at every load. */
  async blob({ sha256: name, bytes }: BundleFile): Promise<ArrayBuffer | null> {
    const kept = this.#blobs.get(name)
    if (kept) return kept
    const stored = await this.#try((db) => db.run((d) => d.get('blobs', name)))
    if (!(stored instanceof ArrayBuffer)) return null
    return stored.byteLength === bytes && (await sha256(stored)) === name ? stored : null
  }

  /**
   * @param bytes already verified
   * @param keep blobs that must survive when space runs out
   */
  async put(name: string, bytes: ArrayBuffer, keep: ReadonlySet<string>): Promise<void> {
    const write = (db: DeviceDatabase) => db.run((d) => d.put('blobs', bytes, name))
    await this.#try(async (db) => {
      try {
        await write(db)
      } catch (error) {
        if (!isQuota(error)) throw error
        await this.#drop(db, keep)
        await write(db)
      }
    })
    if (!this.#database) this.#blobs.set(name, bytes)
  }

  /** Deletes every blob that `keep` does not name. */
  async keepOnly(keep: ReadonlySet<string>): Promise<void> {
    for (const name of this.#blobs.keys()) if (!keep.has(name)) this.#blobs.delete(name)
    await this.#try((db) => this.#drop(db, keep))
  }

  /** What a head said beside the bundle, signed as it came, to be verified again at every load. */
  async said(key: 'overlay' | 'rules'): Promise<string | null> {
    const stored = await this.#try((db) => db.run((d) => d.get('meta', key)))
    const value = stored ?? this.#said.get(key)
    return typeof value === 'string' ? value : null
  }

  async setSaid(key: 'overlay' | 'rules', text: string | null): Promise<void> {
    this.#said.set(key, text)
    await this.#try((db) => db.run((d) => d.put('meta', text, key)))
  }

  /** A moment remembered by name, ms. */
  async note(name: string): Promise<number | null> {
    const stored = await this.#try((db) => db.run((d) => d.get('meta', name)))
    const value = stored ?? this.#notes.get(name)
    return typeof value === 'number' && Number.isFinite(value) ? value : null
  }

  async setNote(name: string, moment: number): Promise<void> {
    this.#notes.set(name, moment)
    await this.#try((db) => db.run((d) => d.put('meta', moment, name)))
  }

  async #drop(db: DeviceDatabase, keep: ReadonlySet<string>): Promise<void> {
    await db.run(async (d) => {
      const transaction = d.transaction('blobs', 'readwrite')
      for (const name of await transaction.store.getAllKeys()) {
        if (!keep.has(name as string)) await transaction.store.delete(name)
      }
      await transaction.done
    })
  }

  /** A database that has failed (quota, private mode, corrupt, closed) is not asked again: memory serves from then on. */
  async #try<T>(operation: (db: DeviceDatabase) => Promise<T>): Promise<T | undefined> {
    if (!this.#database) return undefined
    try {
      return await operation(this.#database)
    } catch (error) {
      this.#database = null
      this.#problem(error)
      return undefined
    }
  }
}
