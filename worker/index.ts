import { collectGarbage } from '../shared/delivery/collectGarbage.ts'
import { refresh } from '../shared/delivery/heads.ts'
import { errorCode } from '../shared/domain/errors.ts'
import { createApp } from './app.ts'
import { type AdminSettings, adminSettings, type Env } from './env.ts'
import { openStore, type R2Store } from './r2Store.ts'

const app = createApp(Date.now)
const SUNDAY = 0

export default {
  fetch: app.fetch,

  /**
   * Every night: signs the head again, which also writes the audit line that a crash may have left out. Sundays: collects
   * garbage. The operation id is the day, so that a repeated run changes nothing.
   */
  async scheduled(controller: ScheduledController, env: Env) {
    const now = controller.scheduledTime
    const day = new Date(now)
    try {
      const [store, settings] = [openStore(env.BUNDLES), adminSettings(env)]
      await signAgain(store, settings, `cron-${day.toISOString().slice(0, 10)}`, now)
      if (day.getUTCDay() === SUNDAY) await collectGarbage(store, settings, now)
    } catch (error) {
      // Not set up, or nothing live: nothing to do. All else must show as failed.
      if (!['unavailable', 'not_found'].includes(errorCode(error))) throw error
    }
  },
} satisfies ExportedHandler<Env>

async function signAgain(store: R2Store, settings: AdminSettings, op: string, now: number): Promise<void> {
  try {
    await refresh(store, settings, { op, who: 'cron' }, now)
  } catch (error) {
    if (errorCode(error) !== 'conflict') throw error // somebody has just signed
  }
}
