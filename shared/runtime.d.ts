/**
 * The web standards that shared/ may use, and nothing else. They exist in browsers, Web Workers, Node and
 * workerd alike; a name that is missing here is missing on purpose.
 */
declare class TextEncoder {
  encode(input?: string): Uint8Array<ArrayBuffer>
}
declare class TextDecoder {
  constructor(label?: string, options?: { fatal?: boolean; ignoreBOM?: boolean })
  decode(input?: ArrayBufferView | ArrayBuffer): string
}
declare class URL {
  constructor(url: string, base?: string)
  readonly href: string
  readonly host: string
  readonly origin: string
  readonly protocol: string
  readonly username: string
  readonly password: string
  readonly pathname: string
  readonly search: string
}
interface CryptoKey {
  readonly type: 'private' | 'public' | 'secret'
}
interface JsonWebKey {
  crv?: string
  d?: string
  ext?: boolean
  key_ops?: string[]
  kty?: string
  x?: string
  y?: string
}
interface EcdsaParams {
  name: 'ECDSA'
  hash: 'SHA-256'
}
declare const crypto: {
  readonly subtle: {
    digest(algorithm: 'SHA-256', data: ArrayBufferView<ArrayBuffer> | ArrayBuffer): Promise<ArrayBuffer>
    importKey(
      format: 'jwk',
      key: JsonWebKey,
      algorithm: { name: 'ECDSA'; namedCurve: 'P-256' },
      extractable: boolean,
      usages: ('sign' | 'verify')[],
    ): Promise<CryptoKey>
    sign(algorithm: EcdsaParams, key: CryptoKey, data: ArrayBufferView<ArrayBuffer>): Promise<ArrayBuffer>
    verify(
      algorithm: EcdsaParams,
      key: CryptoKey,
      signature: ArrayBufferView<ArrayBuffer>,
      data: ArrayBufferView<ArrayBuffer>,
    ): Promise<boolean>
  }
}
declare function atob(data: string): string
declare function btoa(data: string): string
declare namespace WebAssembly {
  class Module {
    constructor(bytes: Uint8Array<ArrayBuffer>)
  }
  class Memory {
    constructor(descriptor: { initial: number })
    readonly buffer: ArrayBuffer
  }
  class Instance {
    constructor(module: Module, imports: { env: { memory: Memory } })
    readonly exports: Readonly<Record<string, unknown>>
  }
}
