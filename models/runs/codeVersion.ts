import { spawnSync } from 'node:child_process'
import { existsSync, readFileSync } from 'node:fs'
import { arch, cpus, platform, totalmem } from 'node:os'
import { join } from 'node:path'
import { sourceHash } from '../sourceHash.ts'
import type { CodeVersion, Environment } from './runRecord.ts'

/** What produces a result: everything below these decides bytes. */
const SOURCES = ['models', 'shared', 'package-lock.json']

/** Commit where the project is a repository, package version and a hash of the sources always. */
export function codeVersion(root: string): CodeVersion {
  const version = (packageJson(root).version as string | undefined) ?? '0.0.0'
  const commit = existsSync(join(root, '.git')) ? git(root, ['rev-parse', 'HEAD']) : null
  const changes = commit === null ? null : git(root, ['status', '--porcelain', '--', ...SOURCES])
  const sources = sourceHash(
    root,
    SOURCES.filter((path) => existsSync(join(root, path))),
  )
  return { version, commit, dirty: changes !== null && changes !== '', sources }
}

/** The machine, as far as figures and bytes may depend on it. */
export function environment(root: string): Environment {
  const { dependencies = {} } = packageJson(root) as { dependencies?: Record<string, string> }
  const processors = cpus()
  return {
    node: process.version,
    platform: `${platform()} ${arch()}`,
    cpu: processors[0]?.model.trim() ?? 'unknown',
    cores: processors.length,
    memoryBytes: totalmem(),
    tensorflow: `tfjs ${dependencies['@tensorflow/tfjs'] ?? 'unknown'}, wasm`,
  }
}

function packageJson(root: string): Record<string, unknown> {
  const path = join(root, 'package.json')
  return existsSync(path) ? (JSON.parse(readFileSync(path, 'utf8')) as Record<string, unknown>) : {}
}

/** What git answers, `null` where it is missing or refuses. */
function git(root: string, args: readonly string[]): string | null {
  const { status, stdout } = spawnSync('git', ['-C', root, ...args], { encoding: 'utf8' })
  return status === 0 ? stdout.trim() : null
}
