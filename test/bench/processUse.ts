import { readdirSync, readFileSync } from 'node:fs'

/** Linux counts processor time in hundredths of a second. */
const TICK_MS = 10
const PAGE_BYTES = 4096

/** Processor time of a process so far, ms: its own code, and the kernel on its behalf (copies, sockets, files). */
export function cpuOf(pid: number): { readonly user: number; readonly kernel: number } {
  const fields = statOf(pid).fields
  return { user: TICK_MS * Number(fields[11]), kernel: TICK_MS * Number(fields[12]) }
}

/** Resident memory, bytes. */
export function memoryOf(pid: number): number {
  return PAGE_BYTES * Number(readFileSync(`/proc/${pid}/statm`, 'utf8').split(' ')[1])
}

/**
 * The process of a local edge that runs the Worker, with its simulated bucket and cache. wrangler has a second workerd in
 * front of it, which only passes requests on.
 * @param group leader of the local edge's process group
 */
export function workerProcess(group: number): number {
  const found = readdirSync('/proc').filter((name) => {
    if (!/^\d+$/.test(name)) return false
    try {
      const { command, fields } = statOf(Number(name))
      if (command !== 'workerd' || Number(fields[2]) !== group) return false
      return readFileSync(`/proc/${name}/cmdline`, 'utf8').includes('--inspector-addr')
    } catch {
      return false // it has ended meanwhile
    }
  })
  if (found.length === 1) return Number(found[0])
  throw new Error(`expected one workerd with the Worker, found ${found.length}`)
}

/** `/proc/PID/stat`: the command in parentheses, then the fields from the third on. */
function statOf(pid: number): { command: string; fields: string[] } {
  const text = readFileSync(`/proc/${pid}/stat`, 'utf8')
  const close = text.lastIndexOf(')')
  return { command: text.slice(text.indexOf('(') + 1, close), fields: text.slice(close + 2).split(' ') }
}
