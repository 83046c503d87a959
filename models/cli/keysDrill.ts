import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { readConfigSync } from '../config.ts'
import { type DrillRow, rehearseLeak, rehearseRotation } from '../publish/keyDrill.ts'
import type { Role } from '../publish/keyRing.ts'
import type { Io, ParsedArgs } from './command.ts'
import { textTable } from './textTable.ts'

const ROLES: readonly Role[] = ['release', 'ops']

/** `foryou keys drill`: rehearses rotations and leaks on keys of its own. Exit code 1 if any visitor was cut off. */
export async function keysDrill(args: ParsedArgs, io: Io): Promise<number> {
  const { loaderDays } = readConfigSync(io.root)
  const drills = []
  for (const [what, rehearse] of [
    ['rotation', rehearseRotation],
    ['leak', rehearseLeak],
  ] as const) {
    for (const role of ROLES) {
      const dir = mkdtempSync(join(tmpdir(), 'foryou-drill-'))
      try {
        drills.push({ what, role, ...(await rehearse(role, { dir, now: io.now(), loaderDays })) })
      } finally {
        rmSync(dir, { recursive: true })
      }
    }
  }
  const refusals = drills.flatMap(({ rows }) => rows).flatMap(({ visitors }) => visitors)
  const cut = refusals.filter(({ refused }) => refused !== null).length
  if (args.boolean('json')) io.out(JSON.stringify({ cutOff: cut, drills }))
  else {
    for (const { what, role, rows } of drills) {
      io.out(what === 'rotation' ? `Rotation of the ${role} keys` : `Leak of the ${role} key that signs`)
      io.out(table(rows))
      io.out()
    }
    io.out(
      cut === 0
        ? `No visitor was cut off: ${refusals.length} visits by every loader that was out, each accepted.`
        : `${cut} of ${refusals.length} visits were refused.`,
    )
    io.out(
      'For your own keys: foryou keys rotate release, then ops; each call takes one step or says what to wait for.',
    )
  }
  return cut === 0 ? 0 : 1
}

/** Nights on which nothing else happened are left out. */
function table(rows: readonly DrillRow[]): string {
  const told = rows.filter(
    ({ step, visitors }) => step !== 'a nightly release' || visitors.some((v) => v.refused),
  )
  const columns = ['day', 'what', 'visitors'].map((heading, i) => ({
    heading,
    ...(i === 0 && { align: 'right' as const }),
  }))
  const cells = told.map(({ day, step, visitors }) => [
    String(day),
    step,
    visitors
      .map(({ loader, refused }) => `${loader} ${refused === null ? 'ok' : `REFUSED: ${refused}`}`)
      .join(', '),
  ])
  return textTable(columns, cells)
}
