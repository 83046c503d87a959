import { seededRandom } from '../../models/random.ts'
import { verify } from '../../shared/bundle/envelope.ts'
import { type Head, parseHead } from '../../shared/bundle/manifest.ts'
import type { ChangeKind, Wish, Written } from '../../shared/delivery/api.ts'
import { performChange } from '../../shared/delivery/performChange.ts'
import { errorCode } from '../../shared/domain/errors.ts'
import { checkRules } from '../../shared/domain/rules.ts'
import type { World } from './deliveryWorld.ts'
import { Fault, faulty, Interleaving } from './interleave.ts'
import { MemoryStore } from './memoryStore.ts'

const ADMINS = 4
const WISHES = 4
/** Calls of a store that are lost, before or after their effect. */
const LOST = 0.15
const ATTEMPTS = 200
/** Turns for which somebody may stay away after a loss. */
const ABSENCE = 120

interface Planned {
  readonly kind: ChangeKind
  readonly wish: Wish<ChangeKind>
}

export interface Trial {
  /** What is wrong with what happened; empty where nothing is. */
  readonly faults: readonly string[]
  readonly acknowledged: number
  readonly lost: number
  readonly conflicts: number
}

/**
 * Four administrators change one head at once while every call of the store may be lost, and readers read along. Whatever
 * the order, the outcome must be that of the acknowledged operations done one after the other (Herlihy and Wing 1990).
 * @param weaken takes a defence away, to show that the trial notices
 */
export async function trial(
  world: World,
  seed: number,
  weaken: (store: MemoryStore) => void = () => undefined,
): Promise<Trial> {
  const random = seededRandom(seed)
  const store = new MemoryStore()
  const manifests = await Promise.all(['a', 'b', 'c'].map((text) => world.publish(store, [text, 'shared'])))
  weaken(store)
  const interleaving = new Interleaving(random)
  const plans = Array.from({ length: ADMINS }, (_, admin) => plan(admin, manifests, random))
  const acknowledged = new Map<string, Written>()
  const refused = new Set<string>()
  const faults: string[] = []
  let [lost, conflicts, clock, running] = [0, 0, store.now, ADMINS]

  const admin = (index: number) => async () => {
    const mine = faulty(store, `admin ${index}`, interleaving, random, LOST)
    for (const { kind, wish } of plans[index]!) {
      for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
        try {
          const written = await performChange(
            mine,
            world.rules,
            kind,
            { ...wish, who: `${index}` } as never,
            clock++,
          )
          acknowledged.set(wish.op, written as Written)
          break
        } catch (error) {
          if (error instanceof Fault) {
            lost++
            // Some come back only after others have moved on: the process died, and a person starts it again.
            const absence = Math.floor(random() ** 2 * ABSENCE)
            for (let turn = 0; turn < absence; turn++) await interleaving.turn(`admin ${index}`)
          } else if (errorCode(error) === 'conflict') conflicts++
          else if (['not_found', 'bad_usage'].includes(errorCode(error))) {
            refused.add(wish.op)
            break
          } else throw error
        }
      }
    }
    running--
  }
  const reader = async () => {
    let seen = 0
    while (running > 0) {
      await interleaving.turn('reader')
      const stored = await store.head()
      if (!stored) continue
      const head = parseHead(await verify('head', stored.envelope, world.rules.pins))
      if (head.seq < seen) faults.push(`a reader went back from ${seen} to ${head.seq}`)
      seen = head.seq
      const named = [head.active?.manifest, head.canary?.manifest]
      const missing = named.some((name) => name && !store.documents.has(name))
      const { rules } = head
      if (missing || (rules && 'sha256' in rules && !store.contents.has(rules.sha256)))
        faults.push(`head ${head.seq} names what is not there`)
    }
  }
  await interleaving.run([
    ...plans.map((_, index) => ({ name: `admin ${index}`, run: admin(index) })),
    { name: 'reader', run: reader },
  ])
  // Whoever comes next fills the last gap of the audit trail.
  await performChange(store, world.rules, 'refresh', { op: 'last', who: 'x' }, clock++).catch(() => null)
  const wishes = new Map(plans.flat().map((planned) => [planned.wish.op, planned]))
  faults.push(...judge(store, wishes, acknowledged, refused))
  return { faults, acknowledged: acknowledged.size, lost, conflicts }
}

function plan(admin: number, manifests: readonly string[], random: () => number): Planned[] {
  return Array.from({ length: WISHES }, (_, i) => {
    const op = `${admin}-${i}`
    const manifest = manifests[Math.floor(random() * manifests.length)]!
    const which = random()
    if (which < 0.5) return { kind: 'promote', wish: { op, manifest } }
    if (which < 0.7) return { kind: 'rollback', wish: { op } }
    if (which < 0.85) return { kind: 'canary', wish: { op, manifest, permille: Math.floor(random() * 1000) } }
    if (which < 0.92) return { kind: 'kill', wish: { op, on: random() < 0.5 } }
    return { kind: 'rules', wish: { op, rules: random() < 0.3 ? null : rulesOf(op) } }
  })
}

/** Some fit into the head, some need a blob. */
const rulesOf = (op: string) =>
  checkRules({
    schema: 1,
    rules: [
      {
        name: op,
        kind: 'exclude',
        where: { items: Array.from({ length: op.endsWith('1') ? 450 : 1 }, (_, i) => `item ${i}`) },
      },
    ],
  })

/** Enough to tell documents apart. */
const shown = (text: string | undefined) => text && `${text.slice(0, 80)} ${text.length}`

/** The naive oracle: one state, one operation after the other, in the order of the heads. */
function judge(
  store: MemoryStore,
  wishes: ReadonlyMap<string, Planned>,
  acknowledged: ReadonlyMap<string, Written>,
  refused: ReadonlySet<string>,
): string[] {
  const faults: string[] = []
  const heads = store.heads.map(({ envelope }) =>
    parseHead((JSON.parse(envelope) as { payload: string }).payload),
  )
  heads.forEach(({ seq }, i) => {
    if (seq !== i + 1) faults.push(`seq ${seq} stands at place ${i + 1}`)
  })
  const times = Map.groupBy(heads, ({ op }) => op)
  for (const [op, all] of times)
    if (all.length > 1) faults.push(`operation ${op} was done ${all.length} times`)
  for (const [op, { seq }] of acknowledged) {
    if (times.get(op)?.[0]?.seq !== seq)
      faults.push(`operation ${op} was acknowledged at ${seq} and is not there`)
  }
  for (const op of refused) if (times.has(op)) faults.push(`operation ${op} was refused and done`)
  faults.push(...replay(heads, wishes, (name) => new TextDecoder().decode(store.contents.get(name))))
  const lines = [...store.auditLines.values()].map(({ line }) => line).sort((a, b) => a.seq - b.seq)
  if (lines.some(({ seq, op }, i) => seq !== i + 1 || op !== heads[i]?.op) || lines.length !== heads.length) {
    faults.push(`the audit trail has ${lines.map(({ seq }) => seq).join(',')} of ${heads.length}`)
  }
  return faults
}

function replay(
  heads: readonly Head[],
  wishes: ReadonlyMap<string, Planned>,
  textOf: (blob: string) => string,
): string[] {
  const faults: string[] = []
  let live: string[] = []
  let canary: string | undefined
  let killed = false
  let rules: string | undefined
  for (const head of heads) {
    const planned = wishes.get(head.op)
    if (planned?.kind === 'promote') {
      const { manifest } = planned.wish as Wish<'promote'>
      if (live.at(-1) !== manifest) live = [...live, manifest]
      if (canary === manifest) canary = undefined
    } else if (planned?.kind === 'rollback') {
      const target = live.findLast((name) => name !== live.at(-1))
      live = live.slice(0, live.lastIndexOf(target!) + 1)
      canary = undefined
    } else if (planned?.kind === 'canary') {
      const { manifest, permille } = planned.wish as Wish<'canary'>
      canary = permille === 0 ? undefined : manifest
    } else if (planned?.kind === 'kill') killed = (planned.wish as Wish<'kill'>).on
    else if (planned?.kind === 'rules') {
      const { rules: given } = planned.wish as Wish<'rules'>
      rules = given ? JSON.stringify(given) : undefined
    }
    const own =
      head.rules && ('sha256' in head.rules ? textOf(head.rules.sha256) : JSON.stringify(head.rules))
    const state = [head.active?.manifest, head.canary?.manifest, head.kill ?? false, shown(own)]
    const expected = [live.at(-1), canary, killed, shown(rules)]
    if (JSON.stringify(state) !== JSON.stringify(expected)) {
      faults.push(`head ${head.seq} (${planned?.kind ?? head.op}) is ${state}, not ${expected}`)
    }
  }
  return faults
}
