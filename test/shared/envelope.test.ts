import fc from 'fast-check'
import { beforeAll, expect, test } from 'vitest'
import { type Pins, type SigningKey, sign, verify } from '../../shared/bundle/envelope.ts'
import { errorCode } from '../../shared/domain/errors.ts'

async function newKey(kid: string): Promise<SigningKey> {
  const pair = await crypto.subtle.generateKey({ name: 'ECDSA', namedCurve: 'P-256' }, true, [
    'sign',
    'verify',
  ])
  const { x, y, d } = await crypto.subtle.exportKey('jwk', pair.privateKey)
  return { kid, alg: 'ES256', x: x!, y: y!, d: d! }
}

let release: SigningKey
let spare: SigningKey
let ops: SigningKey
let pins: Pins
beforeAll(async () => {
  release = await newKey('release-1')
  spare = await newKey('release-2')
  ops = await newKey('ops-1')
  pins = { release: [release, spare], ops: [ops] }
})

const signedText = async (context: 'manifest' | 'head', payload: string, keys: SigningKey[]) =>
  JSON.stringify(await sign(context, payload, keys))
const refusal = (promise: Promise<unknown>) => promise.then(() => 'accepted', errorCode)

test('what a pinned key signed is returned exactly', async () => {
  const payload = '{"b":1,  "a":"ü"}'
  expect(await verify('manifest', await signedText('manifest', payload, [release]), pins)).toBe(payload)
})

test('one good signature among strangers is enough, so that keys can rotate', async () => {
  const stranger = await newKey('stranger')
  expect(await verify('manifest', await signedText('manifest', 'x', [stranger, spare]), pins)).toBe('x')
})

test('a signature for another context, by the other role or by a stranger does not count', async () => {
  expect(await refusal(verify('head', await signedText('manifest', 'x', [ops]), pins))).toBe('sign_error')
  expect(await refusal(verify('manifest', await signedText('manifest', 'x', [ops]), pins))).toBe('sign_error')
  const impostor = { ...(await newKey('x')), kid: release.kid }
  expect(await refusal(verify('manifest', await signedText('manifest', 'x', [impostor]), pins))).toBe(
    'sign_error',
  )
})

test('the same key twice, no signature, a broken envelope and one over its cap are refused', async () => {
  const once = await sign('manifest', 'x', [release])
  const text = (sigs: unknown) => JSON.stringify({ payload: 'x', sigs })
  expect(await refusal(verify('manifest', text([...once.sigs, ...once.sigs]), pins))).toBe('sign_error')
  expect(await refusal(verify('manifest', text([]), pins))).toBe('parse_error')
  expect(await refusal(verify('manifest', '<html>', pins))).toBe('parse_error')
  expect(await refusal(verify('head', ' '.repeat(16 * 1024 + 1), pins))).toBe('bundle_oversize')
})

test('any change of the payload is refused', async () => {
  const { payload, sigs } = await sign('manifest', '{"version":12345}', [release])
  await fc.assert(
    fc.asyncProperty(
      fc.nat({ max: payload.length - 1 }),
      fc.string({ minLength: 1, maxLength: 1 }),
      async (at, char) => {
        fc.pre(payload[at] !== char)
        const changed = payload.slice(0, at) + char + payload.slice(at + 1)
        expect(await refusal(verify('manifest', JSON.stringify({ payload: changed, sigs }), pins))).toBe(
          'sign_error',
        )
      },
    ),
    { numRuns: 40 },
  )
})
