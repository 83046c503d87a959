import { registerSW } from 'virtual:pwa-register'
import type { ThreadStatus } from '../../index.ts'
import { byId } from './byId.ts'
import { readChoice, writeChoice } from './choice.ts'
import { foryou } from './foryou.ts'

const NETWORKS: Readonly<Record<ThreadStatus['network'], string>> = {
  wasm: 'ranked here by TensorFlow.js on WebAssembly',
  cpu: 'ranked here by TensorFlow.js',
  plain: 'ranked here, in plain script',
  none: '',
}

/** What all pages of the site have in common: looks, offline badge, service worker, and what is being shown. */
export function startSite(): void {
  startTheme()
  startOfflineBadge()
  startColophon()
  registerSW({ immediate: true })
}

function startTheme(): void {
  const button = byId('theme', HTMLButtonElement)
  const system = matchMedia('(prefers-color-scheme: dark)')
  const chosen = readChoice('theme')
  const root = document.documentElement
  if (chosen === 'dark' || chosen === 'light') root.dataset.theme = chosen
  const isDark = () => (root.dataset.theme ?? (system.matches ? 'dark' : 'light')) === 'dark'
  const name = () => button.setAttribute('aria-pressed', String(isDark()))
  name()
  system.addEventListener('change', name)
  button.addEventListener('click', () => {
    root.dataset.theme = isDark() ? 'light' : 'dark'
    writeChoice('theme', root.dataset.theme)
    name()
  })
}

function startOfflineBadge(): void {
  const badge = byId('offline', HTMLElement)
  const show = () => {
    badge.textContent = navigator.onLine ? '' : 'Offline: your recommendations still work'
  }
  show()
  addEventListener('online', show)
  addEventListener('offline', show)
}

/** Says which data and which bundle is shown, and whether the films are invented. */
function startColophon(): void {
  const line = byId('colophon', HTMLElement)
  const synthetic = byId('synthetic', HTMLElement)
  const show = async () => {
    const { data, manifest, network } = await foryou.status()
    if (!data || !manifest) return
    synthetic.hidden = !data.synthetic
    const parts = [`Data: ${data.name}`, `bundle ${manifest.slice(0, 8)}`, NETWORKS[network]]
    line.textContent = parts.filter(Boolean).join(' · ')
  }
  const again = () => void show().catch(() => undefined)
  foryou.on('bundle', again)
  addEventListener('foryou:slate', again)
  again()
}
