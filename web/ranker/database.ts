import { ForYouError } from '../../shared/domain/errors.ts'
import { type PromisedDatabase, promised, STORES, settled } from './promisedDatabase.ts'

export const DATABASE = 'foryou'
const VERSION = 1
const BLOCKED_MS = 1000

/**
 * The one database of this product. A newer version of it (an older loader on a newer page) is an error: it is never
 * deleted to suit us. Another tab that keeps us from opening it is waited for a second.
 */
export async function openDeviceDatabase(): Promise<PromisedDatabase> {
  const request = indexedDB.open(DATABASE, VERSION)
  request.addEventListener('upgradeneeded', () => {
    for (const name of STORES) request.result.createObjectStore(name, { autoIncrement: name === 'history' })
  })
  const opening = settled(request).then((database) => {
    database.onversionchange = () => database.close()
    return promised(database)
  })
  let timer: ReturnType<typeof setTimeout> | undefined
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => {
      opening.then((db) => db.close()).catch(() => undefined)
      reject(new DOMException('Another tab keeps the database.', 'TimeoutError'))
    }, BLOCKED_MS)
  })
  opening.catch(removeIfBroken)
  return Promise.race([opening, late]).finally(() => clearTimeout(timer))
}

/**
 * Files that the browser itself cannot read stay unreadable for ever, if nobody removes them: this visit goes on in memory,
 * the next one begins anew. Other unknown errors pass by themselves, and must not cost anybody a history.
 */
function removeIfBroken(error: unknown): void {
  if (error instanceof Error && error.name === 'UnknownError' && error.message.includes('backing store'))
    indexedDB.deleteDatabase(DATABASE)
}

/** Resolves when it is gone, or when another tab keeps it for too long. */
export async function deleteDeviceDatabase(): Promise<void> {
  await new Promise<void>((resolve, reject) => {
    const request = indexedDB.deleteDatabase(DATABASE)
    request.onblocked = () => setTimeout(resolve, BLOCKED_MS)
    settled(request).then(() => resolve(), reject)
  })
}

/** A connection that reopens itself once: iOS, "clear site data" and other tabs close connections behind our back. */
export class DeviceDatabase {
  readonly #open: () => Promise<PromisedDatabase>
  #connection: Promise<PromisedDatabase> | null = null
  #ended = false

  constructor(open: () => Promise<PromisedDatabase>) {
    this.#open = open
  }

  /** @throws ForYouError `storage`, with the browser's own error as its cause */
  async run<T>(operation: (db: PromisedDatabase) => Promise<T>): Promise<T> {
    try {
      try {
        return await operation(await this.#connect())
      } catch (error) {
        if (isQuota(error) || this.#connection === null) throw error
        await this.close()
        return await operation(await this.#connect())
      }
    } catch (cause) {
      if (!isQuota(cause)) await this.close()
      const name = cause instanceof Error ? cause.name : 'unknown error'
      throw new ForYouError('storage', `The browser's database failed (${name}).`, { cause })
    }
  }

  /** Closes for good: what is still under way must not open again what is about to be deleted. */
  async end(): Promise<void> {
    this.#ended = true
    await this.close()
  }

  async close(): Promise<void> {
    const connection = this.#connection
    this.#connection = null
    await connection?.then(
      (db) => db.close(),
      () => undefined,
    )
  }

  #connect(): Promise<PromisedDatabase> {
    if (this.#ended)
      return Promise.reject(new DOMException('The database was closed for good.', 'InvalidStateError'))
    this.#connection ??= this.#open().catch((error: unknown) => {
      this.#connection = null
      throw error
    })
    return this.#connection
  }
}

export function isQuota(error: unknown): boolean {
  const cause = error instanceof ForYouError ? error.cause : error
  return cause instanceof Error && cause.name === 'QuotaExceededError'
}
