/** One Content-Security-Policy: sources by directive. The first directive of a name counts (CSP3 §2.2.1). */
export type ContentPolicy = ReadonlyMap<string, readonly string[]>

export function parsePolicy(text: string): ContentPolicy {
  const policy = new Map<string, readonly string[]>()
  for (const part of text.split(';')) {
    const [name, ...sources] = part.trim().split(/\s+/)
    if (name && !policy.has(name.toLowerCase())) policy.set(name.toLowerCase(), sources)
  }
  return policy
}

/** What governs each kind of request, the most particular directive first (CSP3 §6.8.3). */
const CHAIN = {
  script: ['script-src-elem', 'script-src', 'default-src'],
  connect: ['connect-src', 'default-src'],
  worker: ['worker-src', 'child-src', 'script-src', 'default-src'],
  image: ['img-src', 'default-src'],
  wasm: ['script-src', 'default-src'],
} as const
export type Governed = keyof typeof CHAIN

/** @returns the directive that governs, `null` where none does and everything is allowed */
export function governing(
  policy: ContentPolicy,
  what: Governed,
): { readonly name: string; readonly sources: readonly string[] } | null {
  for (const name of CHAIN[what]) {
    const sources = policy.get(name)
    if (sources) return { name, sources }
  }
  return null
}

/** Whether a list of sources allows an address (CSP3 §6.7.2.8), seen from a page. */
export function allows(sources: readonly string[], address: URL, page: URL): boolean {
  return sources.some((source) => matches(source, address, page))
}

function matches(source: string, address: URL, page: URL): boolean {
  const lower = source.toLowerCase()
  const { protocol, hostname, pathname, origin } = address
  if (lower === '*') return /^(https?|wss?):$/.test(protocol)
  if (lower === "'self'") return origin === page.origin
  if (/^[a-z][a-z\d+.-]*:$/.test(lower)) return secured(lower, protocol)
  if (lower.startsWith("'")) return false
  const parts = /^(?:([a-z][a-z\d+.-]*):\/\/)?(\*|(?:\*\.)?[^/:]+)(?::(\d+|\*))?(\/.*)?$/i.exec(source)
  if (!parts) return false
  const [, scheme = page.protocol.slice(0, -1), host = '', port, path] = parts
  if (!secured(`${scheme.toLowerCase()}:`, protocol)) return false
  const named = host.toLowerCase()
  const hostFits =
    named === '*' || (named.startsWith('*.') ? hostname.endsWith(named.slice(1)) : hostname === named)
  const portFits = port === '*' || (port ?? '') === address.port || port === defaultPort(protocol)
  const pathFits =
    path === undefined || path === '/' || (path.endsWith('/') ? pathname.startsWith(path) : pathname === path)
  return hostFits && portFits && pathFits
}

/** A source of http allows https too. */
function secured(scheme: string, protocol: string): boolean {
  return scheme === protocol || (scheme === 'http:' && protocol === 'https:')
}

const defaultPort = (protocol: string) => (protocol === 'https:' ? '443' : '80')
