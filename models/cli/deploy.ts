import { ForYouError } from '../../shared/domain/errors.ts'
import type { AdminTokens } from '../publish/adminTokens.ts'
import { checkDeployment } from '../publish/checkDeployment.ts'
import { createEdgeClient } from '../publish/edgeClient.ts'
import { keepLoader } from '../publish/keepLoader.ts'
import { recordShipped } from '../publish/keyHistory.ts'
import { readPins } from '../publish/keys.ts'
import { checkAccount, deployWorker, rehearseDeploy } from '../publish/wrangler.ts'
import { builtSite } from './builtSite.ts'
import type { Command } from './command.ts'
import { EDGE_FLAG, edgeTarget, tokensOf } from './connectEdge.ts'

export const deploy: Command = {
  name: 'deploy',
  summary:
    'Sends the Worker, its secrets and the built site to your account, after checking that keys, secrets, site and account are there and belong together.',
  usage: '[--env NAME] [--dry-run]',
  flags: {
    env: EDGE_FLAG.env,
    'dry-run': { type: 'boolean', summary: 'check everything but the account, send nothing' },
  },
  positionals: [0, 0],
  async run(args, io) {
    const { keysDir, environment, site, folder, endpoint } = edgeTarget(args, io)
    if (folder !== undefined) {
      throw new ForYouError(
        'bad_usage',
        `The environment "${environment}" is a folder: nothing is deployed.`,
        {
          hint: `foryou publish DIR --env ${environment} writes it; upload it to the static host.`,
        },
      )
    }
    const dryRun = args.boolean('dry-run')
    readPins(keysDir) // before a build that would fail for want of them
    const siteDir = await builtSite(io, keysDir, environment)
    const checked = await checkDeployment(keysDir, siteDir, io.now())
    const { secretsFile, pins, opsKey, tokens } = checked
    const warnings = [...checked.warnings]
    const target = { root: io.root, environment, secretsFile, siteDir }
    io.note('… asking wrangler')
    const served = await rehearseDeploy(target)
    if (served !== site) {
      throw new ForYouError(
        'bad_config',
        `The Worker would serve "${served}", the bundles are of "${site}".`,
        {
          hint: 'Set SITE in wrangler.toml and "site" in foryou.config.json to one name.',
        },
      )
    }
    const addresses = dryRun ? [] : await send(target, io.note)
    if (!dryRun) recordShipped(keysDir, pins, io.now())
    if (!dryRun) warnings.push(...(await keep(siteDir, endpoint, addresses, tokensOf(io.env, keysDir))))
    if (args.boolean('json')) {
      io.out(JSON.stringify({ deployed: !dryRun, site, opsKey, tokens, warnings, addresses }))
      return 0
    }
    for (const warning of warnings) io.out(`Note: ${warning}`)
    io.out(
      `${dryRun ? 'Ready to deploy' : 'Deployed'}: site "${site}", heads signed by ${opsKey}, ${tokens} admin tokens, ${pins.release.length + pins.ops.length} keys pinned.`,
    )
    if (addresses.length > 0) io.out(`  ${addresses.join('  ')}`)
    if (!dryRun) io.out('Next: foryou publish DIR, foryou promote DIR; then foryou doctor.')
    return 0
  },
}

async function send(target: Parameters<typeof deployWorker>[0], note: (line: string) => void) {
  await checkAccount(target.root)
  return deployWorker(target, note)
}

/**
 * Leaves a copy of the loader where the next deployment does not take it away. A new address may not answer yet: the next
 * publish does it then.
 * @returns what went wrong
 */
async function keep(
  siteDir: string,
  endpoint: string | undefined,
  addresses: readonly string[],
  tokens: Partial<AdminTokens>,
): Promise<string[]> {
  const edge = endpoint?.startsWith('https:') ? endpoint : addresses[0]
  const hint = 'run "foryou publish" before the next deployment, or pages that pin this loader lose it.'
  if (edge === undefined) return [`The loader is not kept yet, because the address is not known: ${hint}`]
  try {
    await keepLoader(siteDir, createEdgeClient({ endpoint: edge, tokens }).loaders!)
    return []
  } catch (error) {
    return [`The loader is not kept yet (${error instanceof Error ? error.message : error}): ${hint}`]
  }
}
