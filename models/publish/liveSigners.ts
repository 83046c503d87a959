import { type Pins, signersOf, verify } from '../../shared/bundle/envelope.ts'
import { parseHead } from '../../shared/bundle/manifest.ts'
import type { EdgeClient } from './edgeClient.ts'
import type { Signed } from './keyRing.ts'

/**
 * Who has signed what visitors are served now: the head, and the manifests and the overlay that it names.
 * @returns nothing where nothing is live; no keys where none of ours has signed
 * @throws ForYouError `network` where the edge cannot be asked
 */
export async function liveSigners(
  client: Pick<EdgeClient, 'head' | 'document'>,
  pins: Pins,
): Promise<Signed[]> {
  const envelope = await client.head()
  if (envelope === null) return []
  const signedHead = { what: 'the head', role: 'ops' as const, kids: await signersOf('head', envelope, pins) }
  if (signedHead.kids.length === 0) return [signedHead]
  const head = parseHead(await verify('head', envelope, pins))
  const documents: (readonly [what: string, kind: 'manifest' | 'overlay', name: string | undefined])[] = [
    ['the live manifest', 'manifest', head.active?.manifest],
    ['the manifest of the canary', 'manifest', head.canary?.manifest],
    ['the overlay of changed items', 'overlay', head.overlay],
  ]
  const signed: Signed[] = [signedHead]
  for (const [what, kind, name] of documents) {
    if (name === undefined) continue
    const text = await client.document(name)
    signed.push({ what, role: 'release', kids: text === null ? [] : await signersOf(kind, text, pins) })
  }
  return signed
}
