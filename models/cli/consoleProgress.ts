import type { Progress } from '../progress.ts'
import type { Io } from './command.ts'

/** Milliseconds between two lines about the same step where lines cannot be overwritten. */
const QUIET_MS = 10_000
/** Milliseconds between two drawings of an overwritten line. */
const DRAW_MS = 80

/**
 * Progress on standard error. On a terminal the running step is one line that is overwritten, with percent and seconds, and a
 * finished step leaves its line behind; elsewhere each step is a line, and a long one says every ten seconds how far it is.
 */
export function consoleProgress(io: Io): Progress & { end(): void } {
  const start = performance.now()
  let current = { step: '', began: start, shown: start }
  const seconds = (since: number) => `${((performance.now() - since) / 1000).toFixed(1)} s`
  const finish = () => {
    if (!io.status || current.step === '') return
    io.status('')
    io.note(`✓ ${current.step}  ${seconds(current.began)}`)
  }
  const report: Progress = (step, count) => {
    const now = performance.now()
    const percent = count && count.of > 0 ? `${Math.floor((100 * count.done) / count.of)} %` : ''
    if (step !== current.step) {
      finish()
      current = { step, began: now, shown: now }
      if (io.status) io.status(`… ${step}`)
      else io.note(now - start < 1000 ? `… ${step}` : `… ${step} (${seconds(start)})`)
      return
    }
    if (now - current.shown < (io.status ? DRAW_MS : QUIET_MS)) return
    current.shown = now
    const line = [`… ${step}`, percent, seconds(current.began)].filter(Boolean).join('  ')
    if (io.status) io.status(line)
    else io.note(line)
  }
  return Object.assign(report, {
    end() {
      finish()
      current = { ...current, step: '' }
    },
  })
}
