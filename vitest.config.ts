import { mkdirSync } from 'node:fs'
import { cloudflareTest } from '@cloudflare/vitest-plugin'
import { playwright } from '@vitest/browser-playwright'
import { defineConfig } from 'vitest/config'
import { BROWSER_ARGS, findBrowser } from './test/findBrowser.ts'
import { parityReference } from './test/parityCommand.ts'
import { smallLibraries } from './vite.config.ts'

// wrangler.toml names the built site as its assets; the Worker's tests need the folder, not what is in it.
mkdirSync(new URL('./dist/site', import.meta.url), { recursive: true })

const executablePath = await findBrowser()
if (executablePath === null) {
  const message = 'No Chromium found: set CHROME_BIN or install chromium; the browser tests are skipped.'
  if (process.env.CI) throw new Error(message)
  console.error(message)
}

export default defineConfig({
  test: {
    projects: [
      {
        test: {
          name: 'node',
          include: ['test/{shared,models,cli,drill,web/node}/**/*.test.ts', 'test/*.test.ts'],
          testTimeout: 20_000,
          // Models are trained before the first test of some files, beside three other projects on two processors.
          hookTimeout: 90_000,
        },
      },
      {
        plugins: [
          cloudflareTest({
            wrangler: { configPath: './wrangler.toml' },
            // Without this miniflare would ask the network where it is.
            miniflare: { cf: false },
          }),
        ],
        test: { name: 'workerd', include: ['test/worker/**/*.test.ts'] },
      },
      {
        resolve: { alias: smallLibraries(import.meta.dirname) },
        // Found before the first test: a dependency that is discovered later reloads the page under a running test.
        optimizeDeps: {
          entries: ['web/ranker/tfjsWasm.ts', 'web/ranker/tfjsCpu.ts'],
          include: ['idb', 'long'],
        },
        test: {
          name: 'browser',
          include: executablePath ? ['test/web/*.test.ts'] : [],
          browser: {
            enabled: true,
            commands: { parityReference },
            headless: true,
            screenshotFailures: false,
            provider: playwright({
              launchOptions: {
                ...(executablePath && { executablePath }),
                chromiumSandbox: false,
                args: BROWSER_ARGS,
              },
            }),
            instances: [{ browser: 'chromium' }],
          },
        },
      },
      {
        test: {
          name: 'long',
          include: ['test/long/**/*.test.ts'],
          testTimeout: 600_000,
          hookTimeout: 600_000,
          fileParallelism: false,
        },
      },
      {
        test: {
          name: 'e2e',
          include: ['test/e2e/**/*.test.ts'],
          // A browser beside three other projects on two processors misses a deadline now and then.
          retry: process.env.CI ? 2 : 0,
          testTimeout: 120_000,
          hookTimeout: 180_000,
          fileParallelism: false,
        },
      },
    ],
  },
})
