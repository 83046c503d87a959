#!/usr/bin/env node
// Plain JavaScript on purpose: it must start under the system's Node ≥ 20 and hand over to the Node 24 that comes as
// an npm dependency, which runs TypeScript as it is.
import { spawn } from 'node:child_process'
import { existsSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

const here = dirname(fileURLToPath(import.meta.url))
const [major = 0, minor = 0] = process.versions.node.split('.').map(Number)

if (major > 22 || (major === 22 && minor >= 18)) {
  const { runInterruptible } = await import('./interruptible.ts')
  process.exitCode = await runInterruptible(process.argv.slice(2))
} else {
  const bundled = ['x64', 'arm64']
    .map((arch) => join(here, '..', '..', 'node_modules', `node-linux-${arch}`, 'bin', 'node'))
    .find((path) => existsSync(path))
  if (bundled) {
    const child = spawn(bundled, [fileURLToPath(import.meta.url), ...process.argv.slice(2)], {
      stdio: 'inherit',
    })
    for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, () => child.kill(signal))
    child.on('exit', (code, signal) => {
      process.exitCode = code ?? (signal === 'SIGINT' ? 130 : 1)
    })
  } else {
    console.error(
      `foryou needs Node 22.18 or newer; this is ${process.version}. Run "npm ci" first, or install it.`,
    )
    process.exitCode = 1
  }
}
