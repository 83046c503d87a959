import { type Defence, defencesOf } from './defence.ts'

const ROTATION = ['test/models/keyRotation.test.ts']
const DEPLOY = ['test/models/deploy.test.ts']

/** What keeps visitors updating while keys change, and secrets where they belong. */
export const keyDefences: readonly Defence[] = [
  ...defencesOf('models/publish/keyRing.ts', ROTATION, [
    ['keys-wait-for-loaders', 'F50', 'return until > 0 ?', 'return until > 1e30 ?', { name: 'foryou keys' }],
    ['keys-ship-first', 'F50', "if (!shipped) return { do: 'ship' }", '', { name: 'foryou keys' }],
    [
      'keys-sign-first',
      'F50',
      'return what.length > 0 ?',
      'return what.length > 99 ?',
      { name: 'foryou keys' },
    ],
    ['keys-look-first', 'F50', "if (live === null) return { do: 'look', kid }", '', { name: 'foryou keys' }],
    [
      'keys-cut-off',
      'F50',
      'return loaders.filter((loader) => !kids.some((kid) => loader[role].includes(kid)))',
      'return []',
      { name: 'foryou keys' },
    ],
  ]),
  ...defencesOf('models/publish/rotateKeys.ts', ROTATION, [
    ['keys-ready-successor', 'F50', ' && isReady(ring, kid)\n  const successor', '\n  const successor'],
  ]),
  ...defencesOf(
    'shared/delivery/putSigned.ts',
    ['test/worker/publishing.test.ts'],
    [
      [
        'keys-no-signature-lost',
        'F50',
        'const kept = parseJson(EnvelopeSchema, stored, ',
        'const kept: Envelope["sigs"] = []; parseJson(EnvelopeSchema, stored, ',
      ],
    ],
  ),
  ...defencesOf('models/publish/checkDeployment.ts', DEPLOY, [
    [
      'deploy-no-release-key',
      'T6',
      'const leaked = release.find(({ d }) => text.includes(d))',
      'const leaked = release.find(() => false)',
    ],
    ['deploy-pair', 'F50', 'if (good !== null) return', 'return'],
  ]),
  ...defencesOf('models/publish/pinnedIn.ts', DEPLOY, [
    ['deploy-same-pins', 'F50', 'if (!missing) return', 'return'],
  ]),
]
