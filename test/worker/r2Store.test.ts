import { reset } from 'cloudflare:test'
import { env } from 'cloudflare:workers'
import { describe } from 'vitest'
import { openStore } from '../../worker/r2Store.ts'
import { storeContract } from '../shared/storeContract.ts'

describe('the bucket', () => {
  storeContract(async () => {
    await reset()
    return {
      store: openStore(env.BUNDLES),
      async putBlob(name, bytes) {
        await env.BUNDLES.put(`b/${name}`, new Uint8Array(bytes))
        await env.BUNDLES.put(`b/${name}.br`, new Uint8Array(1))
      },
    }
  })
})
