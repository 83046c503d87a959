import { mkdirSync } from 'node:fs'
import { join, resolve } from 'node:path'
import type { Browser, BrowserContextOptions, Page } from 'playwright'
import { openBrowser, shown } from './site.ts'

/**
 * Photographs the running film site for the documents: `node test/e2e/screens.ts URL [FOLDER]`, where URL is what
 * `npm start` has printed. The pictures go to docs/images unless another folder is named.
 */
async function main([
  address,
  folder = resolve(import.meta.dirname, '../../docs/images'),
]: readonly string[]) {
  if (!address) {
    console.error(
      'Which site? Give the address that "npm start" has printed: node test/e2e/screens.ts URL [FOLDER]',
    )
    return 2
  }
  const url = address.replace(/\/+$/, '')
  mkdirSync(folder, { recursive: true })
  const browser = await openBrowser()
  try {
    await journey(browser, url, join(folder, '{}.png'), { viewport: { width: 1440, height: 1010 } })
    const dark = { viewport: { width: 1440, height: 1010 }, colorScheme: 'dark' } as const
    await journey(browser, url, join(folder, '{}-dark.png'), dark)
    await journey(browser, url, join(folder, '{}-phone.png'), { viewport: { width: 390, height: 844 } })
  } finally {
    await browser.close()
  }
  return 0
}

/**
 * A first visit, three films, and what has become of the first page.
 * @param path of a picture, `{}` standing for what it shows
 */
async function journey(browser: Browser, url: string, path: string, look: BrowserContextOptions) {
  const context = await browser.newContext({ colorScheme: 'light', reducedMotion: 'reduce', ...look })
  const page = await context.newPage()
  const picture = async (what: string) => {
    await settled(page)
    const file = path.replace('{}', what)
    await page.screenshot({ path: file })
    console.log(file)
  }
  await page.goto(`${url}/`)
  const { items } = await shown(page, 'for-you')
  await picture('first-visit')
  for (const item of [items[1], items[4], items[7]]) {
    if (item === undefined) throw new Error('The first slate is too short to choose three films from.')
    await page.goto(`${url}/film?id=${encodeURIComponent(item)}`)
    await shown(page, 'similar')
  }
  await picture('film')
  await page.goto(`${url}/`)
  await shown(page, 'for-you', ({ reason }) => reason === 'personal')
  await picture('home')
  await page.goto(`${url}/history`)
  await page.locator('#entries li').first().waitFor()
  await picture('history')
  await context.close()
}

/** Waits until no element of the page is still loading and every poster has its title. */
async function settled(page: Page): Promise<void> {
  await page.locator('for-you[data-state="loading"]').first().waitFor({ state: 'detached' })
  await page.waitForTimeout(600)
}

process.exitCode = await main(process.argv.slice(2))
