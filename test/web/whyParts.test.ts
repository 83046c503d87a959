import { describe, expect, test } from 'vitest'
import type { Contribution, Slate, SlateItem } from '../../shared/domain/slate.ts'
import { showWhy } from '../../web/demo/site/whyDialog.ts'
import { whyParts } from '../../web/demo/site/whyParts.ts'

const itemOf = (item: string, why: readonly Contribution[]): SlateItem => ({
  item,
  score: why.reduce((sum, { share }) => sum + share, 0) / 65_536,
  why,
  details: { title: item.toUpperCase(), year: 1979, attributes: { genre: ['Horror'] } },
})
const alien = itemOf('alien', [
  { source: 'collaborative', item: 'heat', title: 'Heat', share: 60 },
  { source: 'popular', share: 100 },
  { source: 'content', share: -20 },
  { source: 'visitor', share: -300 },
])
const other = itemOf('other', [
  { source: 'popular', share: 140 },
  { source: 'visitor', share: -300 },
])
const slate: Slate = {
  surface: 'for-you',
  items: [alien, other],
  reason: 'personal',
  manifest: null,
  partial: false,
}

describe('why a film is in the row', () => {
  test('in words, what speaks for it first; what all films have counts against the usual of the row', () => {
    expect(whyParts(slate, alien)).toEqual([
      { words: 'Watched by people who also watched', title: 'Heat', percent: 60 },
      { words: 'Unlike what you watch', percent: -20 },
      { words: 'Wanted by everybody less than the rest of this row', percent: -20 },
    ])
    expect(whyParts(slate, other)).toEqual([
      { words: 'Wanted by everybody, more than the rest of this row', percent: 100 },
    ])
  })

  test('sources that this site does not know are its own doing', () => {
    const why = [{ source: 'magic' as never, share: 5 }]
    expect(whyParts({ ...slate, items: [] }, itemOf('x', why))).toEqual([
      { words: 'Moved up by this site', percent: 100 },
    ])
  })

  test('the dialog has a name, says every part in text, and goes when it is closed', async () => {
    showWhy(slate, alien)
    const dialog = document.querySelector('dialog')!
    expect(dialog.open).toBe(true)
    const label = document.getElementById(dialog.getAttribute('aria-labelledby')!)
    expect(label?.textContent).toBe('Why ALIEN?')
    const lines = Array.from(dialog.querySelectorAll('li'), (li) => li.textContent)
    expect(lines[0]).toBe('Watched by people who also watched Heat+60 %')
    expect(lines[1]).toBe('Unlike what you watch−20 %')
    expect(document.activeElement?.textContent).toBe('Close')
    dialog.querySelector('button')!.click()
    await expect.poll(() => document.querySelector('dialog')).toBeNull()
  })
})
