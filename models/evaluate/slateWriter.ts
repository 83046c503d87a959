import { createWriteStream } from 'node:fs'
import { rename } from 'node:fs/promises'
import { basename, dirname, join } from 'node:path'
import { finished } from 'node:stream/promises'
import { openParquet } from '../ingest/parquetWriter.ts'

/** Takes ranked slates one by one; the file appears when all are there. */
export interface SlateWriter {
  /** @param scores parallel to the items, where the model has any */
  add(user: string, items: readonly string[], scores?: ArrayLike<number>): void
  close(): Promise<void>
}

/** `.parquet`: a row an item (user, item, rank from 1, score); else text: user, tab, items separated by commas. */
export async function openSlates(path: string): Promise<SlateWriter> {
  if (path.endsWith('.parquet')) {
    const file = await openParquet(path, {
      user: 'VARCHAR',
      item: 'VARCHAR',
      rank: 'INTEGER',
      score: 'DOUBLE',
    })
    return {
      add: (user, items, scores) =>
        items.forEach((item, r) => {
          file.add([user, item, r + 1, scores?.[r] ?? null])
        }),
      close: () => file.close(),
    }
  }
  const partial = join(dirname(path), `.${basename(path)}.partial-${process.pid}`)
  const out = createWriteStream(partial)
  return {
    add: (user, items) => out.write(`${user}\t${items.join(',')}\n`),
    async close() {
      out.end()
      await finished(out)
      await rename(partial, path)
    },
  }
}
