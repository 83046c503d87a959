import { mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import * as v from 'valibot'
import { parseJson } from '../../shared/bundle/manifest.ts'
import { SigningKeySchema } from '../../shared/bundle/signingKey.ts'
import { ForYouError } from '../../shared/domain/errors.ts'

/** Where keys lie, relative to the project's root. Everything but the pins is ignored by git and has mode 600. */
export const KEY_FILES = {
  pins: 'foryou.keys.json',
  edge: '.dev.vars',
  release: '.foryou/release.private.json',
  ops: '.foryou/ops.private.json',
  /** This machine's own tokens, in clear. */
  tokens: '.foryou/tokens.private.json',
  /** Other people's tokens: names and hashes, no secrets. */
  named: '.foryou/named-tokens.json',
  /** Which loaders went out and which keys were retired; no secrets. */
  history: '.foryou/key-history.json',
} as const

export const SigningKeysSchema = v.pipe(v.array(SigningKeySchema), v.minLength(1))

/**
 * @param file one of KEY_FILES
 * @throws ForYouError `bad_config` where `foryou keys` has not run, or the file is damaged
 */
export function readKeyFile<S extends v.GenericSchema>(
  dir: string,
  file: string,
  schema: S,
): v.InferOutput<S> {
  let text: string
  try {
    text = readFileSync(join(dir, file), 'utf8')
  } catch (cause) {
    throw new ForYouError('bad_config', `${file} cannot be read.`, { cause, hint: 'Run "foryou keys".' })
  }
  try {
    return parseJson(schema, text, file)
  } catch (cause) {
    throw new ForYouError('bad_config', `${file} is damaged.`, { cause, hint: 'Put it back from a copy.' })
  }
}

export function writeKeyFile(dir: string, file: string, value: unknown): void {
  const mode = file === KEY_FILES.pins ? 0o644 : 0o600
  writeWhole(join(dir, file), `${JSON.stringify(value, null, 2)}\n`, mode)
}

/** Written beside and renamed: a crash leaves no half of a key. */
export function writeWhole(path: string, text: string, mode: number): void {
  mkdirSync(dirname(path), { recursive: true, mode: 0o700 })
  const beside = `${path}.${process.pid}.new`
  writeFileSync(beside, text, { mode })
  renameSync(beside, path)
}
