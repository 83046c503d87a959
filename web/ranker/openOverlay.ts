import { type Pins, verify } from '../../shared/bundle/envelope.ts'
import { sha256 } from '../../shared/bundle/hash.ts'
import type { Bundle } from '../../shared/bundle/openBundle.ts'
import { parseOverlay } from '../../shared/bundle/overlay.ts'
import { withOverlay } from '../../shared/bundle/withOverlay.ts'
import type { Said } from './saidKeeper.ts'

/** What was said of single items, opened; its name is the SHA-256 of its payload. */
export interface OpenedOverlay extends Said {
  lay(bundle: Bundle): Bundle
}

/** @throws ForYouError as `verify` and `parseOverlay` */
export async function openOverlay(envelope: string, pins: Pins): Promise<OpenedOverlay> {
  const payload = await verify('overlay', envelope, pins)
  const overlay = parseOverlay(payload)
  return {
    site: overlay.site,
    name: await sha256(payload),
    lay: (bundle) => withOverlay(bundle, overlay),
  }
}
