import { existsSync } from 'node:fs'

/** Arguments under which Chromium talks to nobody but us; the sandbox needs rights that containers rarely give. */
export const BROWSER_ARGS = [
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
]

const SYSTEM = ['/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome']

/**
 * Finds a Chromium: `CHROME_BIN`, then the system's, then the one that an npm package brings.
 * @returns its path, or `null` where there is none; a `CHROME_BIN` that does not exist is an error, not a fallback
 */
export async function findBrowser(
  env: Readonly<Record<string, string | undefined>> = process.env,
): Promise<string | null> {
  const named = env.CHROME_BIN
  if (named) {
    if (existsSync(named)) return named
    throw new Error(`CHROME_BIN names ${named}, which does not exist.`)
  }
  const installed = SYSTEM.find((path) => existsSync(path))
  if (installed) return installed
  try {
    const { default: chromium } = await import('@sparticuz/chromium')
    return await chromium.executablePath()
  } catch {
    return null
  }
}
