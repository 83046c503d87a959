import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { main } from '../../models/cli/main.ts'
import { ingestFolder, NOW } from '../models/ingestFolder.ts'

const HEADER = 'user,item,rating,timestamp'
const SOUND = Array.from(
  { length: 300 },
  (_, i) => `u${i % 60},i${(i * 7) % 30},${1 + (i % 5)},${1_700_000_000 + i * 7001}`,
)
const sound = [HEADER, ...SOUND].join('\n')
const doubled = [HEADER, ...SOUND, ...SOUND.slice(0, 100)].join('\n')

async function run(folder: string, ...argv: string[]) {
  const out: string[] = []
  const err: string[] = []
  const code = await main(argv, {
    out: (line = '') => out.push(line),
    note: (line) => err.push(line),
    env: {},
    cwd: folder,
    root: folder,
    interactive: false,
    now: () => NOW,
  })
  return { code, out: out.join('\n'), err: err.join('\n') }
}

describe('foryou validate', () => {
  test('sound data: exit 0, verdict first; what only warns counts with --strict', async () => {
    const folder = await ingestFolder({ 'a.csv': sound })
    const { code, out } = await run(folder, 'validate', 'a.csv')
    expect(code).toBe(0)
    expect(out).toMatch(/^a: Fit to train on: /)
    expect(out).toContain('warn  minInteractions      300 interactions; at least 1,000')
    expect((await run(folder, 'validate', 'a.csv', '--strict')).code).toBe(1)
  })

  test('one row breaks no rule and is still no data set; no line is wider than a terminal', async () => {
    const folder = await ingestFolder({ 'a.csv': 'user,item,timestamp\nu1,i1,1600000000\n' })
    const { code, out } = await run(folder, 'validate', 'a.csv')
    expect(code).toBe(0)
    expect(out).toMatch(/^a: Trainable, but too little to learn from: /)
    expect(Math.max(...out.split('\n').map((line) => line.length))).toBeLessThanOrEqual(100)
    const page = join(folder, 'a.html')
    await run(folder, 'validate', 'a.csv', '--html', page)
    expect(readFileSync(page, 'utf8')).toContain('<h1>Trainable, but too little to learn from</h1>')
  })

  test('a broken rule: exit 1 with the lines at fault, as text and as JSON', async () => {
    const folder = await ingestFolder({ 'a.csv': doubled })
    const { code, out } = await run(folder, 'validate', 'a.csv')
    expect(code).toBe(1)
    expect(out).toContain('FAIL  maxDuplicateShare')
    expect(out).toContain('a.csv:302 repeats an earlier row')
    expect(out).toContain('and 95 more')
    const json = await run(folder, 'validate', 'a.csv', '--json')
    expect(json.code).toBe(1)
    expect(JSON.parse(json.out)).toMatchObject({ ok: false, rows: 400, used: 300 })
  })

  test('rules come from the configuration', async () => {
    const folder = await ingestFolder({
      'a.csv': doubled,
      'foryou.config.json': '{ "data": { "rules": { "maxDuplicateShare": 0.3 } } }',
      'wrong.json': '{ "data": { "rules": { "maxDuplicates": 0.3 } } }',
    })
    expect((await run(folder, 'validate', 'a.csv')).code).toBe(0)
    const wrong = await run(folder, 'validate', 'a.csv', '--config', 'wrong.json')
    expect(wrong.code).toBe(1)
    expect(wrong.err).toContain('maxDuplicates')
  })

  test('--html writes a page that asks for nothing, and no id of the data becomes markup', async () => {
    const evil = [...SOUND, ...Array(50).fill('<img src=x onerror=alert(1)>,i1,bad,1700000000')].join('\n')
    const folder = await ingestFolder({
      'a.csv': `${HEADER}\n${evil}\n${Array(9).fill('u1,<script>x</script>,99,1700000000').join('\n')}`,
    })
    const { code, err } = await run(folder, 'validate', 'a.csv', '--html', 'out.html')
    expect(code).toBe(1)
    expect(err).toContain('Report in out.html')
    const page = readFileSync(join(folder, 'out.html'), 'utf8')
    expect(page).toContain('<h1>Not fit to train on</h1>')
    expect(page).toContain('a.csv:302 rating is not a number: bad')
    expect(page).not.toMatch(/<script|<img|onerror=alert\(1\)>|https?:\/\/(?!www\.w3\.org)/)
    expect(page.match(/<svg/g)!.length).toBeGreaterThan(3)
  })

  test('--items names a catalogue that lies elsewhere', async () => {
    const items = Array.from({ length: 20 }, (_, i) => `i${i},Title ${i},Drama`)
    const folder = await ingestFolder({
      'a.csv': sound,
      'other/list.csv': `item,title,genre\n${items.join('\n')}`,
    })
    const { code, out } = await run(folder, 'validate', 'a.csv', '--items', 'other/list.csv')
    expect(code).toBe(1)
    expect(out).toContain('FAIL  maxUnknownItemShare  100 of 300 interactions (33.33 %) are with 10 items')
  })
})

describe('foryou train', () => {
  test('refuses data that breaks a rule, naming lines, and leaves nothing behind', async () => {
    const folder = await ingestFolder({ 'a.csv': doubled })
    const { code, err } = await run(folder, 'train', '--data', 'a.csv', '--out', 'out')
    expect(code).toBe(1)
    expect(err).toContain('a is not fit to train on.')
    expect(err).toContain('a.csv:302 repeats an earlier row')
    expect(err).toContain('--allow-bad')
  })

  test('goes on where that is allowed, says so, and keeps what was known in the report', async () => {
    const folder = await ingestFolder({ 'a.csv': doubled })
    const { code, out, err } = await run(
      folder,
      'train',
      '--data',
      'a.csv',
      '--out',
      'out',
      '--allow-bad',
      '--json',
    )
    expect(err).toContain('allowed: maxDuplicateShare')
    expect(code).toBe(0)
    expect(JSON.parse(out).dataQuality).toMatchObject({ ok: false, rows: 400, volume: { users: 60 } })
  })

  test('another limit of bad rows is obeyed while reading', async () => {
    const bad = [sound, ...Array(10).fill('u1,i1,x,1700000000')].join('\n')
    const folder = await ingestFolder({ 'a.csv': bad })
    expect((await run(folder, 'train', '--data', 'a.csv', '--out', 'out')).err).toContain(
      '10 of 310 rows cannot be used',
    )
    writeFileSync(join(folder, 'foryou.config.json'), '{ "data": { "rules": { "maxBadShare": 0.05 } } }')
    expect((await run(folder, 'train', '--data', 'a.csv', '--out', 'out')).code).toBe(0)
  })
})
