/** The paths of the edge API, version 1. The client, the CLI and the Worker take them from here. */
export const API = '/v1'
export const routes = {
  head: `${API}/head`,
  manifest: (sha256: string) => `${API}/m/${sha256}`,
  blob: (sha256: string) => `${API}/b/${sha256}`,
  popular: `${API}/popular`,
  popularHtml: `${API}/popular.html`,
  admin: {
    blob: (sha256: string, coding: 'identity' | 'br') => `${API}/admin/b/${sha256}?coding=${coding}`,
    manifest: (sha256: string) => `${API}/admin/m/${sha256}`,
    promote: `${API}/admin/promote`,
    refresh: `${API}/admin/refresh`,
    missing: `${API}/admin/missing`,
  },
} as const

export const SHA256_PATTERN = /^[0-9a-f]{64}$/
