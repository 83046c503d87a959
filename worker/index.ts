import { refresh } from '../shared/delivery/heads.ts'
import { errorCode } from '../shared/domain/errors.ts'
import { createApp } from './app.ts'
import { adminSettings, type Env } from './env.ts'
import { openStore } from './r2Store.ts'

const app = createApp(Date.now)

export default {
  fetch: app.fetch,

  /** Signs the head again every night. The operation id is the day, so that a repeated run changes nothing. */
  async scheduled(controller: ScheduledController, env: Env) {
    const op = `cron-${new Date(controller.scheduledTime).toISOString().slice(0, 10)}`
    try {
      await refresh(openStore(env.BUNDLES), adminSettings(env), { op, who: 'cron' }, controller.scheduledTime)
    } catch (error) {
      // Not set up, or nothing live: nothing to sign. A conflict: somebody has just signed. All else must show as failed.
      if (!['unavailable', 'not_found', 'conflict'].includes(errorCode(error))) throw error
    }
  },
} satisfies ExportedHandler<Env>
