import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { dirname, join, relative, resolve } from 'node:path'
import { describe, expect, test } from 'vitest'

const ROOT = resolve(import.meta.dirname, '..')
const pages = [
  ...(existsSync(join(ROOT, 'README.md')) ? ['README.md'] : []),
  ...readdirSync(join(ROOT, 'docs'), { recursive: true, encoding: 'utf8' })
    .filter((file) => file.endsWith('.md'))
    .map((file) => join('docs', file))
    .sort(),
]
const PAGES = [
  'api',
  'architecture',
  'bundle',
  'data',
  'decisions',
  'dependencies',
  'evaluation',
  'experiments',
  'limits',
  'operations',
  'privacy',
]

/** Text as it is read: examples in code are no links. */
function prose(page: string): string {
  const text = readFileSync(join(ROOT, page), 'utf8')
  return text.replace(/^```[\s\S]*?^```/gm, '').replace(/`[^`\n]*`/g, '')
}

/** Targets of Markdown links, images and HTML attributes that lie in the repository, fragment included. */
function localLinks(page: string): string[] {
  const found = prose(page).matchAll(
    /\]\(\s*<?([^)\s>]+)>?[^)]*\)|^\[[^\]]+\]:\s*(\S+)|\b(?:src|href)="([^"]+)"/gm,
  )
  return Array.from(found, ([, inline, reference, attribute]) => (inline ?? reference ?? attribute)!).filter(
    (target) => !/^[a-z][a-z\d+.-]*:|^\/\//i.test(target),
  )
}

/** Anchors of a page's headings, as they are made from Markdown. */
function anchors(page: string): Set<string> {
  const headings = readFileSync(join(ROOT, page), 'utf8').matchAll(/^#{1,6}\s+(.+)$/gm)
  return new Set(
    Array.from(headings, ([, heading]) =>
      heading!
        .trim()
        .toLowerCase()
        .replace(/[^\p{L}\p{N}\s_-]/gu, '')
        .replace(/\s/g, '-'),
    ),
  )
}

/** What is wrong with a link, or `null`. */
function fault(page: string, target: string): string | null {
  const [path = '', fragment] = target.split('#')
  const absolute = path === '' ? join(ROOT, page) : resolve(ROOT, dirname(page), decodeURIComponent(path))
  const inside = relative(ROOT, absolute)
  if (inside.startsWith('..')) return `${target} leaves the repository`
  if (!existsSync(absolute)) return `${target} does not exist`
  if (fragment && absolute.endsWith('.md') && !anchors(inside).has(fragment))
    return `${target} names no heading`
  return null
}

test('every page is there', () => {
  expect(pages).toEqual(expect.arrayContaining(PAGES.map((name) => join('docs', `${name}.md`))))
})

describe.each(pages)('%s', (page) => {
  test('links only to what exists', () => {
    const faults = localLinks(page).flatMap((target) => fault(page, target) ?? [])
    expect(faults).toEqual([])
  })

  test('names only files that exist', () => {
    // A path in code style is a promise as well; names with a blank or a variable part are not.
    const text = readFileSync(join(ROOT, page), 'utf8').replace(/^```[\s\S]*?^```/gm, '')
    const named = Array.from(
      text.matchAll(/`((?:shared|models|worker|web|test|docs)\/[\w./-]+\.[a-z]+)`/g),
      ([, path]) => path!,
    )
    expect(named.filter((path) => !existsSync(join(ROOT, path)))).toEqual([])
  })
})

test('the pages are linked to each other: none is out of reach from architecture.md', () => {
  const reached = new Set<string>()
  const visit = (page: string) => {
    if (reached.has(page)) return
    reached.add(page)
    for (const target of localLinks(page)) {
      const path = relative(ROOT, resolve(ROOT, dirname(page), target.split('#')[0] ?? ''))
      if (pages.includes(path)) visit(path)
    }
  }
  visit('docs/architecture.md')
  expect(pages.filter((page) => page.startsWith('docs/') && !reached.has(page))).toEqual([])
})

test('docs/dependencies.md names every dependency of package.json and no other', () => {
  const manifest = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8')) as Record<
    'dependencies' | 'devDependencies' | 'optionalDependencies',
    Record<string, string> | undefined
  >
  const { dependencies, devDependencies, optionalDependencies } = manifest
  const expected = Object.keys({ ...dependencies, ...devDependencies, ...optionalDependencies })
  const rows = readFileSync(join(ROOT, 'docs', 'dependencies.md'), 'utf8')
    .split('\n')
    .filter((line) => line.startsWith('| `'))
    .map((line) => line.split('|').map((cell) => cell.trim()))
  expect(rows.map(([, name]) => name!.replaceAll('`', '')).sort()).toEqual(expected.sort())
  for (const [, name, why] of rows) expect({ name, reason: why!.length > 15 }).toEqual({ name, reason: true })
})
