import { readdirSync, readFileSync } from 'node:fs'
import { dirname, join, relative, resolve } from 'node:path'
import { describe, expect, test } from 'vitest'

const ROOT = resolve(import.meta.dirname, '..')
const FOLDERS = ['shared', 'models', 'worker', 'web']
/** A file longer than this is two files. */
const MAX_LINES = 250

const files = FOLDERS.flatMap((folder) =>
  readdirSync(join(ROOT, folder), { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && /\.(ts|js)$/.test(entry.name) && !entry.name.endsWith('.d.ts'))
    .map((entry) => relative(ROOT, join(entry.parentPath, entry.name))),
)

interface Import {
  readonly from: string
  readonly to: string
  readonly typeOnly: boolean
}

const imports: Import[] = files.flatMap((from) => {
  const text = readFileSync(join(ROOT, from), 'utf8')
  const found = text.matchAll(
    /(?:^|\n)\s*(?:import|export)\s+(type\s)?[^'"]*?from\s+'([^']+)'|\bimport\(\s*'([^']+)'|(?:^|\n)import\s+'([^']+)'/g,
  )
  return Array.from(found, ([, typeOnly, static_, dynamic, bare]) => {
    const specifier = (static_ ?? dynamic ?? bare)!
    const to = specifier.startsWith('.') ? relative(ROOT, resolve(ROOT, dirname(from), specifier)) : specifier
    return { from, to, typeOnly: typeOnly !== undefined }
  })
})

const isPackage = (to: string) => !FOLDERS.some((folder) => to === folder || to.startsWith(`${folder}/`))
const inside = (path: string, folder: string) => path.startsWith(`${folder}/`)

/** Folder → what it may import: folders of ours, and packages by name or prefix. The first that fits a file decides. */
const RULES: readonly { folder: string; may: readonly string[]; packages: readonly RegExp[] }[] = [
  { folder: 'shared/rank/tfjs.ts', may: ['shared'], packages: [/^@tensorflow\/tfjs-core/] },
  {
    folder: 'shared/rank/learning/tfjsGradient.ts', // its types: whoever calls it brings the operations
    may: ['shared'],
    packages: [/^@tensorflow\/tfjs-core$/],
  },
  { folder: 'shared/rank', may: ['shared'], packages: [/^valibot$/] },
  {
    folder: 'shared/delivery',
    may: ['shared/delivery', 'shared/domain', 'shared/bundle'],
    packages: [/^valibot$/],
  },
  { folder: 'shared', may: ['shared/domain', 'shared/bundle', 'shared/features'], packages: [/^valibot$/] },
  {
    folder: 'models',
    may: ['models', 'shared'],
    packages: [
      /^node:/,
      /^valibot$/,
      /^@valibot\/to-json-schema$/,
      /^@duckdb\/node-api$/,
      /^fflate$/,
      /^@tensorflow\/tfjs/,
    ],
  },
  {
    folder: 'worker',
    may: ['worker', 'shared/domain', 'shared/bundle', 'shared/delivery'],
    packages: [/^hono/, /^valibot$/, /^cloudflare:/],
  },
  {
    folder: 'web/ranker',
    may: ['web/ranker', 'shared'],
    packages: [/^valibot$/, /^@tensorflow\/tfjs-(core|backend-wasm|backend-cpu)/],
  },
  { folder: 'web/pinParts.ts', may: ['shared/domain'], packages: [/^node:/, /^vite$/] },
  {
    folder: 'web/build.ts',
    may: ['web', 'shared', 'models/publish'],
    packages: [/^node:/, /^vite/, /^valibot$/],
  },
  {
    folder: 'web',
    may: [
      'web/client',
      'web/widget',
      'web/demo',
      'web/index.ts',
      'shared/domain',
      'shared/bundle',
      'web/ranker',
    ],
    packages: [/^virtual:pwa-register$/],
  },
]

describe('imports', () => {
  test('there are files and imports to look at', () => {
    expect(files.length).toBeGreaterThan(80)
    expect(imports.length).toBeGreaterThan(200)
  })

  test('every folder imports only what it may', () => {
    const wrong = imports.filter(({ from, to }) => {
      const rule = RULES.find(({ folder }) => from === folder || inside(from, folder))!
      if (isPackage(to)) return !rule.packages.some((pattern) => pattern.test(to))
      return !rule.may.some((folder) => to === folder || inside(to, folder))
    })
    expect(wrong).toEqual([])
  })

  test('inside models/ no step imports a later one', () => {
    const steps = [
      'ingest',
      'world',
      'split',
      'train',
      'build',
      'evaluate',
      'quality',
      'pipeline',
      'tune',
      'exchange',
      'publish',
      'doctor',
      'runs',
      'report',
      'inspect',
      'cli',
    ]
    const step = (path: string) => steps.indexOf(path.split('/')[1] ?? '')
    const late = imports.filter(({ from, to }) => {
      if (!inside(from, 'models') || !inside(to, 'models')) return false
      // ingest falls back to the built-in world, which is a source of data like any other.
      if (from.startsWith('models/ingest/') && to.startsWith('models/world/')) return false
      return step(to) > step(from)
    })
    expect(late).toEqual([])
  })

  test('only rank/tfjs.ts of shared touches TensorFlow.js, and it touches single operations', () => {
    const touching = imports.filter(
      ({ from, to, typeOnly }) => !typeOnly && inside(from, 'shared') && to.startsWith('@tensorflow'),
    )
    expect(new Set(touching.map(({ from }) => from))).toEqual(new Set(['shared/rank/tfjs.ts']))
    for (const { to } of touching) expect(to).toMatch(/^@tensorflow\/tfjs-core\/dist\/(ops\/|globals$)/)
  })

  test('has no cycles', () => {
    const next = new Map<string, string[]>()
    for (const { from, to, typeOnly } of imports) {
      if (!typeOnly && !isPackage(to)) next.set(from, [...(next.get(from) ?? []), to])
    }
    const done = new Set<string>()
    const cycles: string[] = []
    const visit = (file: string, path: readonly string[]) => {
      if (path.includes(file)) cycles.push([...path.slice(path.indexOf(file)), file].join(' → '))
      if (path.includes(file) || done.has(file)) return
      for (const other of next.get(file) ?? []) visit(other, [...path, file])
      done.add(file)
    }
    for (const file of files) visit(file, [])
    expect(cycles).toEqual([])
  })
})

describe('files', () => {
  test(`stay within ${MAX_LINES} lines`, () => {
    const lines = files.map((file) => ({
      file,
      lines: readFileSync(join(ROOT, file), 'utf8').split('\n').length,
    }))
    expect(lines.filter((f) => f.lines > MAX_LINES)).toEqual([])
    const sorted = lines.map((f) => f.lines).sort((a, b) => a - b)
    expect(sorted[sorted.length >> 1]).toBeLessThanOrEqual(120)
  })

  test('are named after what they are, not "utils"', () => {
    expect(files.filter((file) => /(^|\/)(utils|helpers|types|misc|common)\.ts$/.test(file))).toEqual([])
  })

  test('read the clock and chance only where the world comes in', () => {
    const entry =
      /^(models\/cli\/|worker\/index\.ts|web\/client\/|web\/ranker\/(thread|platform|device)\.ts|web\/demo\/|web\/build\.ts)/
    const wrong = files.filter(
      (file) =>
        !entry.test(file) && /\b(Math\.random|Date\.now)\(/.test(readFileSync(join(ROOT, file), 'utf8')),
    )
    expect(wrong).toEqual([])
  })

  test('write no HTML from data', () => {
    const wrong = files.filter(
      (file) =>
        inside(file, 'web') &&
        /\b(innerHTML|outerHTML|insertAdjacentHTML|document\.write|eval)\b/.test(
          readFileSync(join(ROOT, file), 'utf8'),
        ),
    )
    expect(wrong).toEqual([])
  })
})
