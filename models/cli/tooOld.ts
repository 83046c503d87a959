import type { Head, Manifest } from '../../shared/bundle/manifest.ts'
import type { Flag, ParsedArgs } from './command.ts'

const HOUR_MS = 3_600_000

/** Flags of an alarm: what may not be older. */
export const AGE_FLAGS = {
  'max-head-age': {
    type: 'string',
    value: 'HOURS',
    summary: 'exit code 1 if the head was signed longer ago; it is signed every night',
  },
  'max-data-age': {
    type: 'string',
    value: 'HOURS',
    summary:
      'exit code 1 if the data behind what is live ends earlier; with live data and a nightly training',
  },
} as const satisfies Record<string, Flag>
export const AGE_USAGE = '[--max-head-age HOURS] [--max-data-age HOURS]'

/**
 * What is older than the flags allow, each with where to look. A pipeline that has silently died shows here and nowhere else:
 * visitors see nothing of it for a week.
 * @param now ms since 1970 UTC
 */
export function tooOld(head: Head, manifest: Manifest | null, args: ParsedArgs, now: number): string[] {
  const [maxHead, maxData] = [args.integer('max-head-age'), args.integer('max-data-age')]
  const hours = (since: number) => Math.floor((now - since) / HOUR_MS)
  return [
    ...(maxHead !== undefined && hours(head.issued) >= maxHead
      ? [
          `TOO OLD: the head was signed ${hours(head.issued)} hours ago, ${maxHead} are allowed. Look at the cron log of the Worker.`,
        ]
      : []),
    ...(maxData !== undefined && manifest === null ? ['TOO OLD: nothing is live.'] : []),
    ...(maxData !== undefined && manifest && hours(manifest.version) >= maxData
      ? [
          `TOO OLD: the data ends ${hours(manifest.version)} hours ago, ${maxData} are allowed. Look at the nightly run.`,
        ]
      : []),
  ]
}
