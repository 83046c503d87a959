import type { RankerThread } from '../../shared/domain/rankerThread.ts'
import { answerCalls } from './answerCalls.ts'
import { createCore } from './core.ts'
import { deleteDeviceDatabase, openDeviceDatabase } from './database.ts'
import { networkLoaders } from './networkLoaders.ts'
import type { Platform, TabChannel, TabMessage } from './platform.ts'

declare const WorkerGlobalScope: (new () => unknown) | undefined
const isThread = typeof WorkerGlobalScope !== 'undefined' && globalThis instanceof WorkerGlobalScope

/**
 * The ranker's core in this very thread: for pages whose policy refuses a Web Worker. Without tfjs, whose start would keep
 * the page busy; the plain forward pass ranks the same.
 */
export function createRanker(): RankerThread {
  return createCore(browserPlatform())
}

function browserPlatform(): Platform {
  return {
    now: () => Date.now(),
    random: () => Math.random(),
    pause: (ms) => new Promise((resolve) => setTimeout(resolve, ms)),
    fetch: (url, init) => fetch(url, init),
    online: () => navigator.onLine,
    lean,
    openDatabase: openDeviceDatabase,
    deleteDatabase: deleteDeviceDatabase,
    locks: navigator.locks ?? null,
    channel: tabChannel,
    networks: isThread ? networkLoaders() : [],
  }
}

/** Up to 1 GiB of memory, or a visitor who asks for little traffic; browsers that tell neither get everything. */
function lean(): boolean {
  const { deviceMemory = 8, connection } = navigator as Hints
  return deviceMemory <= 1 || connection?.saveData === true
}
type Hints = Navigator & { deviceMemory?: number; connection?: { saveData?: boolean } }

function tabChannel(): TabChannel | null {
  if (typeof BroadcastChannel === 'undefined') return null
  const channel = new BroadcastChannel('foryou')
  return {
    post: (message) => channel.postMessage(message),
    listen(listener) {
      channel.onmessage = ({ data }: MessageEvent<unknown>) => {
        const message = MESSAGES.find((known) => known === data)
        if (message) listener(message)
      }
    },
    close: () => channel.close(),
  }
}
const MESSAGES: readonly TabMessage[] = ['history', 'bundle', 'withdrawn']

if (isThread) answerCalls(createRanker())
