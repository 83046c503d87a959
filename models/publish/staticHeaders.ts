import { API } from '../../shared/domain/routes.ts'

const SHORT = 'public, max-age=60'
const FOR_EVER = 'public, max-age=31536000, immutable'

/** What a static host has to say of the files, by path; what a host cannot say of extensionless files is their type. */
const RULES: readonly (readonly [path: string, cacheControl: string, contentType?: string])[] = [
  [`${API}/head`, SHORT, 'application/json; charset=utf-8'],
  [`${API}/m/*`, FOR_EVER, 'application/json; charset=utf-8'],
  [`${API}/b/*`, FOR_EVER, 'application/octet-stream'],
  [`${API}/popular`, SHORT, 'application/json; charset=utf-8'],
  [`${API}/popular.html`, SHORT],
  ['/foryou.js', 'public, max-age=300, must-revalidate'],
  ['/foryou-*', FOR_EVER],
  ['/assets/*', FOR_EVER],
]

/** The `_headers` file of Cloudflare Pages and Netlify: embeddable by other origins, and kept as long as each file may be. */
export function staticHeaders(): string {
  const rules = RULES.map(([path, cacheControl, contentType]) =>
    [
      path,
      '  Access-Control-Allow-Origin: *',
      '  Access-Control-Expose-Headers: Date, ETag',
      '  Cross-Origin-Resource-Policy: cross-origin',
      '  X-Content-Type-Options: nosniff',
      `  Cache-Control: ${cacheControl}`,
      ...(contentType === undefined ? [] : [`  Content-Type: ${contentType}`]),
    ].join('\n'),
  )
  return `# Made by "foryou publish --to". Below a path of the host, put that path in front of each of these.\n${rules.join('\n\n')}\n`
}
