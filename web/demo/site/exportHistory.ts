import type { ForYou } from '../../index.ts'

/** Gives the visitor all that is stored, as a JSON file. */
export async function exportHistory(client: ForYou): Promise<void> {
  const history = await client.history.export()
  const blob = new Blob([`${JSON.stringify(history, null, 2)}\n`], { type: 'application/json' })
  const url = URL.createObjectURL(blob)
  const link = document.createElement('a')
  link.href = url
  link.download = `lanterna-history-${history.exportedAt.slice(0, 10)}.json`
  link.click()
  // The download has its own handle on the blob once the click has been taken in.
  setTimeout(() => URL.revokeObjectURL(url), 1000)
}
