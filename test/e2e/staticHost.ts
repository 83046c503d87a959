import { readFile } from 'node:fs/promises'
import type { RequestListener } from 'node:http'
import { extname, join } from 'node:path'

const TYPES: Readonly<Record<string, string>> = {
  '.js': 'text/javascript',
  '.wasm': 'application/wasm',
  '.html': 'text/html',
}

/**
 * As little as a static host does: files below a path, a type by the name's extension, CORS. No caching, no compression.
 * @param asked gets status and path of every request
 */
export function staticHost(path: string, folder: string, asked: string[]): RequestListener {
  return async (request, response) => {
    const { pathname } = new URL(request.url ?? '/', 'http://localhost')
    response.setHeader('access-control-allow-origin', '*')
    try {
      if (!pathname.startsWith(path) || pathname.includes('..')) throw new Error('not below the path')
      const bytes = await readFile(join(folder, pathname.slice(path.length)))
      asked.push(`200 ${pathname}`)
      response.setHeader('content-type', TYPES[extname(pathname)] ?? 'application/octet-stream').end(bytes)
    } catch {
      asked.push(`404 ${pathname}`)
      response.writeHead(404).end()
    }
  }
}
