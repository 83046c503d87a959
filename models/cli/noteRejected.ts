import { basename } from 'node:path'
import type { IngestReport } from '../dataset.ts'
import type { Io } from './command.ts'

/** The first rejected rows of each reason as `file:line`, so that an editor can jump there. */
export function noteRejected({ files, examples }: IngestReport, io: Io): void {
  const file = files[0] === undefined ? '' : basename(files[0])
  for (const { line, reason, value } of examples)
    io.note(`  ${file}:${line} ${reason}${value ? `: ${value}` : ''}`)
}
