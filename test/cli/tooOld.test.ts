import { expect, test } from 'vitest'
import { parseCommand } from '../../models/cli/command.ts'
import { status } from '../../models/cli/status.ts'
import { tooOld } from '../../models/cli/tooOld.ts'
import type { Head, Manifest } from '../../shared/bundle/manifest.ts'

const HOUR = 3_600_000
const NOW = Date.UTC(2026, 10, 1)
const head = (hours: number) => ({ issued: NOW - hours * HOUR }) as Head
const manifest = (hours: number) => ({ version: NOW - hours * HOUR }) as Manifest
const told = (argv: string[], h: Head, m: Manifest | null) => tooOld(h, m, parseCommand(status, argv), NOW)

test('the alarm goes off when a head or the data behind what is live is older than allowed, not before', () => {
  const both = ['--max-head-age', '24', '--max-data-age', '48']
  expect(told(both, head(23), manifest(47))).toEqual([])
  expect(told(both, head(24), manifest(47))).toEqual([expect.stringMatching(/signed 24 hours ago.*cron/)])
  expect(told(both, head(23), manifest(48))).toEqual([
    expect.stringMatching(/data ends 48 hours ago.*nightly/),
  ])
  expect(told(both, head(99), manifest(99))).toHaveLength(2)
  expect(told([], head(999), manifest(999))).toEqual([])
  expect(told(both, head(1), null)).toEqual(['TOO OLD: nothing is live.'])
  expect(told(both, head(1), { version: 0 } as Manifest)).toHaveLength(1) // data without times cannot be fresh
})
