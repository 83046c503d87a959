import { ForYouError } from '../../shared/domain/errors.ts'
import type { PublisherChoices } from '../publish/gatedManifest.ts'
import type { Flag, ParsedArgs } from './command.ts'

/** Flags of every verb that names a bundle by its folder: together with the folder they decide what is signed. */
export const CHOICE_FLAGS = {
  override: {
    type: 'string',
    value: 'REASON',
    summary: 'go on although the gate refused; the reason is signed with the bundle and shown with it',
  },
  floor: {
    type: 'string',
    value: 'now|VERSION',
    summary: 'visitors who have seen this bundle never again accept an older version; signed with it',
  },
} as const satisfies Record<string, Flag>
export const CHOICE_USAGE = '[--override REASON] [--floor now|VERSION]'

/** @throws ForYouError `bad_usage` where the floor is no version */
export function publisherChoices(args: ParsedArgs): PublisherChoices {
  const floor = args.string('floor')
  if (floor !== undefined && floor !== 'now' && !/^\d{1,15}$/.test(floor)) {
    throw new ForYouError('bad_usage', `--floor must be "now" or a version, not "${floor}".`, {
      hint: 'Versions are milliseconds; "foryou status --json" shows the live one.',
    })
  }
  return {
    override: args.string('override'),
    floor: floor === undefined || floor === 'now' ? floor : Number(floor),
  }
}
