import { readFileSync } from 'node:fs'
import { basename, join } from 'node:path'
import { minify as terser } from 'terser'
import { defineConfig, type InlineConfig, type Plugin } from 'vite'
import { VitePWA } from 'vite-plugin-pwa'

/** The film site is served and built from here; the ranker and the loader are entries without pages (web/build.ts). */
const SITE_ROOT = 'web/demo'

/** Options that every build shares: relative addresses, nothing inlined, files named by their content. */
export function baseConfig(root: string, outDir: string): InlineConfig {
  return {
    configFile: false,
    root,
    base: './',
    publicDir: false,
    logLevel: 'warn',
    build: {
      outDir,
      emptyOutDir: false,
      target: 'es2022',
      assetsInlineLimit: 0,
      modulePreload: false,
      reportCompressedSize: false,
    },
  }
}

/** A script without a page. Its exports stay, and so does its place: chunks beside it, in the same folder. */
export function scriptConfig(
  root: string,
  outDir: string,
  entry: {
    name: string
    file: string
    input: string
    /** Modules that belong to the entry with all that they import, though only its parts need them: more than one does. */
    kept?: readonly string[]
    define?: Record<string, string>
  },
): InlineConfig {
  const base = baseConfig(root, outDir)
  return {
    ...base,
    plugins: [plainImports(), smallest()],
    resolve: { alias: smallLibraries(root) },
    define: entry.define ?? {},
    build: {
      ...base.build,
      rollupOptions: {
        input: { [entry.name]: entry.input },
        // Parts that are imported later share the entry's modules, by further exports of it.
        preserveEntrySignatures: 'allow-extension',
        output: {
          format: 'es',
          entryFileNames: entry.file,
          chunkFileNames: 'assets/[name]-[hash].js',
          // What a part shares with the entry, or with another part, stays in the entry: no further file that nobody pins.
          codeSplitting: {
            groups: [{ name: entry.name, test: (id) => [entry.input, ...(entry.kept ?? [])].includes(id) }],
          },
          assetFileNames: 'assets/[name]-[hash][extname]',
        },
      },
    },
  }
}

/** What stands in a script's build, and in its tests, for a library of which it needs a small part. */
export const smallLibraries = (root: string) => ({ valibot: join(root, 'web/ranker/rankerSchema.ts') })

/** What a script imports later is fetched by the script itself: vite's helper for it would be a kilobyte of nothing. */
function plainImports(): Plugin {
  return {
    name: 'foryou-plain-imports',
    enforce: 'pre',
    load: (id) =>
      id === '\0vite/preload-helper.js' ? 'export const __vitePreload = (load) => load()' : null,
  }
}

/** Terser before vite's own minifier: together they make the embed 2 % smaller over the wire than either of them does. */
function smallest(): Plugin {
  return {
    name: 'foryou-smallest',
    enforce: 'post',
    apply: 'build',
    async renderChunk(source) {
      const { code } = await terser(source, {
        module: true,
        ecma: 2020,
        mangle: false,
        compress: { passes: 3 },
      })
      return code === undefined ? null : { code, map: null }
    },
  }
}

/** The film site: every page of web/demo, and the service worker that makes it work without a network. */
export function siteConfig(root: string, outDir: string, pages: Record<string, string>): InlineConfig {
  const base = baseConfig(root, outDir)
  return {
    ...base,
    root: `${root}/${SITE_ROOT}`,
    publicDir: `${root}/web/public`,
    plugins: [pageParts(`${root}/${SITE_ROOT}`), sharedLoader(), ...pwa(outDir)],
    build: { ...base.build, rollupOptions: { input: pages } },
  }
}

/**
 * The film site imports `web/index.ts` for its types and gets, at run time, the very `foryou.js` that every other site
 * embeds: nothing is bundled twice, and the page and the elements share one client.
 */
function sharedLoader(): Plugin {
  return {
    name: 'foryou-shared-loader',
    enforce: 'pre',
    apply: 'build',
    resolveId(source) {
      return /(^|\/)web\/index\.ts$|^\.\.\/(\.\.\/)*index\.ts$/.test(source)
        ? { id: '../foryou.js', external: true }
        : null
    },
  }
}

/** `<!-- part:NAME -->` in a page is `parts/NAME.html`; the link to the page itself is marked as the current one. */
function pageParts(folder: string): Plugin {
  return {
    name: 'foryou-page-parts',
    transformIndexHtml: {
      order: 'pre',
      handler(html, { filename }) {
        const name = basename(filename, '.html')
        const own = `href="./${name === 'index' ? '' : name}"`
        return html.replace(/^ *<!-- part:([a-z]+) -->\n/gm, (_, part: string) =>
          readFileSync(`${folder}/parts/${part}.html`, 'utf8').replace(/(<nav[\s\S]*?<\/nav>)/, (nav) =>
            nav.replace(own, `${own} aria-current="page"`),
          ),
        )
      },
    },
  }
}

function pwa(outDir: string) {
  return VitePWA({
    strategies: 'generateSW',
    registerType: 'autoUpdate',
    injectRegister: false,
    outDir,
    manifest: {
      name: 'Lanterna: films for you',
      short_name: 'Lanterna',
      description: 'Recommended for you, on your own device',
      start_url: './',
      display: 'standalone',
      background_color: '#14110f',
      theme_color: '#14110f',
      icons: [{ src: 'icon.svg', sizes: 'any', type: 'image/svg+xml', purpose: 'any' }],
    },
    workbox: {
      globDirectory: outDir,
      globPatterns: ['**/*.{js,css,html,wasm,svg,webmanifest}'],
      globIgnores: ['sw.js', 'workbox-*.js', '_headers', 'foryou-*.js'],
      maximumFileSizeToCacheInBytes: 1_000_000,
      // "/film?id=7" is the page film.html, whatever the question says.
      ignoreURLParametersMatching: [/./],
      navigateFallback: null,
      // The device keeps its own verified copy of everything under /v1/.
      runtimeCaching: [],
      clientsClaim: true,
      skipWaiting: true,
    },
  })
}

/** `vite` alone serves the film site's sources for work on its looks. */
export default defineConfig({
  root: SITE_ROOT,
  base: './',
  publicDir: '../public',
  plugins: [pageParts(`${import.meta.dirname}/${SITE_ROOT}`)],
})
