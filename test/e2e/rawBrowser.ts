import { type ChildProcess, spawn } from 'node:child_process'
import { type Browser, type BrowserContext, chromium } from 'playwright'
import { BROWSER_ARGS, findBrowser } from '../findBrowser.ts'

/**
 * Chromium as people start it, with a profile that outlives it. Playwright's own start changes settings that matter here
 * (partitioned storage among them) and does not say which process to kill.
 */
export class RawBrowser {
  readonly context: BrowserContext
  readonly #browser: Browser
  readonly #process: ChildProcess
  readonly #ended: Promise<void>

  private constructor(process: ChildProcess, browser: Browser) {
    this.#process = process
    this.#browser = browser
    this.context = browser.contexts()[0]!
    this.#ended = new Promise((resolve) => process.once('exit', () => resolve()))
  }

  /** @param profile folder of the profile */
  static async start(profile: string, args: readonly string[] = []): Promise<RawBrowser> {
    const path = (await findBrowser()) ?? chromium.executablePath()
    const all = ['--headless=new', '--no-sandbox', '--remote-debugging-port=0', `--user-data-dir=${profile}`]
    const child = spawn(path, [...all, ...BROWSER_ARGS, ...args, 'about:blank'], {
      detached: true,
      stdio: ['ignore', 'ignore', 'pipe'],
    })
    const address = await new Promise<string>((resolve, reject) => {
      let said = ''
      child.stderr!.on('data', (text: Buffer) => {
        said += text.toString()
        const found = /DevTools listening on (ws:\S+)/.exec(said)?.[1]
        if (found) resolve(found)
      })
      child.once('exit', () => reject(new Error(`Chromium did not start: ${said}`)))
    })
    return new RawBrowser(child, await chromium.connectOverCDP(address))
  }

  /** SIGKILL to all of its processes, in whatever they are doing. */
  async kill(): Promise<void> {
    process.kill(-this.#process.pid!, 'SIGKILL')
    await this.#ended
    await this.#browser.close().catch(() => undefined)
  }

  /** Ends it in order, all written. */
  async close(): Promise<void> {
    const session = await this.#browser.newBrowserCDPSession()
    await session.send('Browser.close').catch(() => undefined)
    await this.#ended
  }
}
