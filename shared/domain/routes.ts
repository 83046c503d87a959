export const API = '/v1'

/** What visitors ask for; apart from the rest, which no browser needs to load. */
export const publicRoutes = {
  head: `${API}/head`,
  /** Signed documents: manifests and overlays. */
  manifest: (sha256: string) => `${API}/m/${sha256}`,
  blob: (sha256: string) => `${API}/b/${sha256}`,
  popular: `${API}/popular`,
  popularHtml: `${API}/popular.html`,
} as const

/** The paths of the edge API, version 1. The client, the CLI and the Worker take them from here. */
export const routes = {
  ...publicRoutes,
  admin: {
    blob: (sha256: string, coding: 'identity' | 'br') => `${API}/admin/b/${sha256}?coding=${coding}`,
    document: (sha256: string, kind: 'manifest' | 'overlay') => `${API}/admin/m/${sha256}?kind=${kind}`,
    documentBrotli: (sha256: string) => `${API}/admin/m/${sha256}?coding=br`,
    kept: `${API}/admin/l`,
    keep: (path: string, sha256: string) => `${API}/admin/l/${path}?sha256=${sha256}`,
    missing: `${API}/admin/missing`,
    promote: `${API}/admin/promote`,
    approve: `${API}/admin/approve`,
    canary: `${API}/admin/canary`,
    rollback: `${API}/admin/rollback`,
    kill: `${API}/admin/kill`,
    overlay: `${API}/admin/overlay`,
    rules: `${API}/admin/rules`,
    refresh: `${API}/admin/refresh`,
    restore: `${API}/admin/restore`,
    status: `${API}/admin/status`,
    audit: (limit: number) => `${API}/admin/audit?limit=${limit}`,
    gc: `${API}/admin/gc`,
  },
} as const

export const SHA256_PATTERN = /^[0-9a-f]{64}$/

/** Names of files that an edge keeps of loaders of before: each carries a hash of its content. */
export const KEPT_FILE = /^(assets\/)?[\w.-]{1,60}-[\w-]{8,16}\.(js|wasm)$/
