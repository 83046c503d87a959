import { clientDefences } from './clientDefences.ts'
import type { Defence } from './defence.ts'
import { edgeDefences } from './edgeDefences.ts'
import { folderDefences } from './folderDefences.ts'
import { itemsDefences } from './itemsDefences.ts'
import { keyDefences } from './keyDefences.ts'
import { rulesDefences } from './rulesDefences.ts'
import { sharedDefences } from './sharedDefences.ts'

/** Every defence whose absence a test must notice. */
export const defences: readonly Defence[] = [
  ...clientDefences,
  ...sharedDefences,
  ...edgeDefences,
  ...folderDefences,
  ...itemsDefences,
  ...keyDefences,
  ...rulesDefences,
]
