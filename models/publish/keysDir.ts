import { join, resolve } from 'node:path'

/**
 * The folder below which `KEY_FILES` of an environment lie: the project's root, or a folder of its own for each
 * environment, so that a key of one cannot sign for another.
 * @param environment name, `undefined` for the keys of the project itself
 * @param keys what the configuration says instead, relative to the root
 */
export function keysDir(root: string, environment?: string, keys?: string): string {
  if (keys !== undefined) return resolve(root, keys)
  return environment === undefined ? root : join(root, '.foryou', 'environments', environment)
}
