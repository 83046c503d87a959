import { reset } from 'cloudflare:test'
import { beforeEach, describe, expect, it } from 'vitest'
import { sha256 } from '../../shared/bundle/hash.ts'
import type { Problem } from '../../shared/delivery/problem.ts'
import { routes } from '../../shared/domain/routes.ts'
import { checkRules, type RulesDocument } from '../../shared/domain/rules.ts'
import { bytesOf, createEdge, type Edge, TOKENS, textOf, uniqueBlobs } from './createEdge.ts'

const PIN = checkRules({ schema: 1, rules: [{ name: 'Premiere', kind: 'pin', item: 'i1', slot: 1 }] })
const LONG = checkRules({
  schema: 1,
  rules: [
    {
      name: 'Recall',
      kind: 'exclude',
      where: { items: Array.from({ length: 900 }, (_, i) => `item ${i}`) },
    },
  ],
})

let edge: Edge
beforeEach(async () => {
  await reset()
  edge = await createEdge()
  await edge.promote(await edge.publish({ ...uniqueBlobs(), 'popular.json': bytesOf('{}') }), 'first')
})

const set = (rules: unknown, more: object = {}, token: keyof typeof TOKENS = 'rules') =>
  edge.post(routes.admin.rules, { rules, op: crypto.randomUUID(), ...more }, token)
async function live(): Promise<{ seq: number; rules: RulesDocument | null }> {
  const response = await edge.call(routes.admin.rules, {
    headers: { authorization: `Bearer ${TOKENS.rules}` },
  })
  expect(response.status).toBe(200)
  return response.json()
}

describe('rules of the site', () => {
  it('are set, shown and taken away by a token that may do nothing else', async () => {
    expect(await live()).toEqual({ seq: 1, rules: null })
    expect((await set(PIN)).status).toBe(200)
    expect(await live()).toEqual({ seq: 2, rules: PIN })
    expect((await edge.head()).rules).toEqual(PIN) // seen by visitors at once, where the change was made
    await set(null)
    expect((await edge.head()).rules).toBeUndefined()
  })

  it('are served as a blob where they are long', async () => {
    await set(LONG)
    const text = JSON.stringify(LONG)
    expect((await edge.head()).rules).toEqual({ sha256: await sha256(text), bytes: text.length })
    expect(await textOf(await edge.call(routes.blob(await sha256(text))))).toBe(text)
    expect((await live()).rules).toEqual(LONG)
  })

  it.each([
    [{ schema: 1, rules: [{ name: 'X', kind: 'promote' }] }, 'Rule "X": there is no kind "promote"'],
    [{ schema: 1, rules: [{ ...PIN.rules[0], slot: 0 }] }, 'Rule "Premiere": "slot"'],
    [{ schema: 1, rules: [PIN.rules[0], PIN.rules[0]] }, 'another rule has the same name'],
    [{ schema: 2, rules: [] }, 'schema'],
    ['nothing', 'The rules document'],
  ])('%j is refused with the reason, and what was live stays', async (document, reason) => {
    await set(PIN)
    const response = await set(document)
    expect(response.status).toBe(400)
    const problem = await response.json<Problem>()
    expect(problem).toMatchObject({ code: 'bad_data', hint: expect.stringContaining('stay as they are') })
    expect(problem.detail).toContain(reason)
    expect((await live()).rules).toEqual(PIN)
  })

  it('name no lists by a token that may only set rules: a list is a page of the edge', async () => {
    const page = bytesOf('<!doctype html>')
    await edge.putBlob(page)
    const lists = { popularHtml: await sha256(page) }
    expect((await set(LONG, lists)).status).toBe(403)
    expect((await edge.head()).rules).toBeUndefined()
    expect((await set(LONG, lists, 'promote')).status).toBe(200)
    expect((await edge.head()).active?.popularHtml).toBe(lists.popularHtml)
  })

  it('that exclude take a popular list away that was made without them', async () => {
    expect((await edge.call(routes.popular)).status).toBe(200)
    await set(PIN)
    expect((await edge.call(routes.popular)).status).toBe(200)
    await set(LONG)
    expect((await edge.call(routes.popular)).status).toBe(404)
  })
})
