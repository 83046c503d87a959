import { ForYouError } from '../../shared/domain/errors.ts'
import { readConfigSync } from '../config.ts'
import { recordShipped } from '../publish/keyHistory.ts'
import type { Role, Step } from '../publish/keyRing.ts'
import { readPins } from '../publish/keys.ts'
import { liveSigners } from '../publish/liveSigners.ts'
import { type Revoked, type RotationOptions, revoke, rotate } from '../publish/rotateKeys.ts'
import { moment } from './changeLive.ts'
import type { Io, ParsedArgs } from './command.ts'
import { connectEdge } from './connectEdge.ts'

/** `foryou keys rotate release|ops`: takes the next step, or says what has to happen first (exit code 1). */
export async function keysRotate(
  [role]: readonly string[],
  args: ParsedArgs,
  io: Io,
  dir: string,
): Promise<number> {
  if (role !== 'release' && role !== 'ops') {
    throw new ForYouError('bad_usage', 'Which keys?', { hint: 'foryou keys rotate release, or: rotate ops' })
  }
  const step = await rotate(dir, role, optionsOf(args, io, dir))
  const done = step.do === 'make' || step.do === 'pin' || step.do === 'drop'
  if (args.boolean('json')) io.out(JSON.stringify({ role, done, ...step }))
  else
    for (const line of stepLines(
      role,
      step,
      readPins(dir)[role].map(({ kid }) => kid),
    ))
      io.out(line)
  return done ? 0 : 1
}

/** `foryou keys revoke KID`: after a leak. */
export async function keysRevoke(
  [kid]: readonly string[],
  args: ParsedArgs,
  io: Io,
  dir: string,
): Promise<number> {
  if (kid === undefined)
    throw new ForYouError('bad_usage', 'Which key?', { hint: '"foryou keys" lists them.' })
  const reason = args.string('reason')
  const done = await revoke(dir, kid, { ...optionsOf(args, io, dir), reason, force: args.boolean('cut-off') })
  if (args.boolean('json')) io.out(JSON.stringify({ kid, ...done }))
  else for (const line of revokedLines(kid, done)) io.out(line)
  return 0
}

/** `foryou keys shipped`: the loader that pins the present keys went out by another way than `npm run deploy`. */
export function keysShipped(args: ParsedArgs, io: Io, dir: string): number {
  const pins = readPins(dir)
  recordShipped(dir, pins, io.now())
  if (args.boolean('json')) io.out(JSON.stringify({ shipped: true }))
  else io.out('Noted: visitors are getting the loader that pins the present keys.')
  return 0
}

function optionsOf(args: ParsedArgs, io: Io, dir: string): RotationOptions {
  return {
    now: io.now(),
    loaderDays: readConfigSync(io.root).loaderDays,
    live: () => liveSigners(connectEdge(args, io), readPins(dir)),
  }
}

function stepLines(role: Role, step: Step, pinned: readonly string[]): string[] {
  const again = `foryou keys rotate ${role}`
  switch (step.do) {
    case 'make':
    case 'pin':
      return [
        `A new ${role} key is made and pinned beside the others: ${pinned.join(', ')}.`,
        'Everything signed so far goes on counting, and every loader out there knows a key that signs.',
        `Next: npm run deploy, so that the loader pins it. Then: ${again}`,
      ]
    case 'ship':
      return [
        'Not yet: the loader out there does not pin what is pinned here.',
        `Next: npm run deploy (or, shipped in another way: foryou keys shipped). Then: ${again}`,
      ]
    case 'wait':
      return [
        `Not yet: until ${moment(step.until)} some visitors may have a loader that does not pin ${step.kid}.`,
        `Then: ${again}`,
      ]
    case 'sign':
      return [...signLines(role, step.what, step.kid), `Then: ${again}`]
    case 'look':
      return ['What is live has to be looked at first: give --edge URL, --env NAME or --to DIR.']
    case 'drop':
      return [
        `${step.kid} signs no more and is not pinned any more. Pinned now: ${pinned.join(', ')}.`,
        'Next: npm run deploy.',
        ...(role === 'release'
          ? ['Then raise the floor with the next bundle: foryou publish DIR --floor now']
          : ['Then sign the head again: foryou refresh']),
      ]
  }
}

function signLines(role: Role, what: readonly string[], kid: string): string[] {
  return [
    `Not yet: ${what.join(' and ')} ${what.length > 1 ? 'are' : 'is'} signed by ${kid} and none of the keys that stay; the next loader would refuse that.`,
    role === 'ops'
      ? 'Next: npm run deploy, so that the edge signs with another key, then: foryou refresh'
      : 'Next: publish what is live again (foryou publish DIR); it is then signed by every key here.',
  ]
}

function revokedLines(kid: string, { role, dropped, needed, made }: Revoked): string[] {
  return [
    `${kid} signs nothing any more.`,
    ...(made ? [`A new ${role} key stands by in its place: ${made}.`] : []),
    ...(dropped ? ['The next loader does not pin it.'] : []),
    ...(needed ? [...signLines(role, needed, kid), `Then, to unpin it: foryou keys revoke ${kid}`] : []),
    ...(dropped || needed
      ? []
      : [
          `What is live could not be looked at, so it stays pinned. With an edge in reach: foryou keys revoke ${kid} --edge URL`,
        ]),
    ...(dropped
      ? [
          `Next: npm run deploy. ${role === 'ops' ? 'Then: foryou refresh' : 'Then: foryou publish DIR --floor now, and promote it.'}`,
        ]
      : []),
    'Old loaders trust it until their pages are loaded again. If it may have been used: foryou kill, until all is done.',
  ]
}
