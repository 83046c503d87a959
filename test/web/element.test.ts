import { afterEach, describe, expect, test, vi } from 'vitest'
import type { Slate } from '../../shared/domain/slate.ts'
import { ForYouElement } from '../../web/index.ts'
import { type FakeClient, fakeClient, slateItem, slateOf } from './fakeClient.ts'

afterEach(() => {
  document.body.replaceChildren()
  vi.useRealTimers()
})

function mount(client: FakeClient, attributes: Record<string, string> = {}, content = ''): ForYouElement {
  const element = new ForYouElement()
  element.client = client
  for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value)
  element.textContent = content
  document.body.append(element)
  return element
}
const root = (element: ForYouElement) => element.shadowRoot!
const cards = (element: ForYouElement) => [...root(element).querySelectorAll<HTMLElement>('[data-item]')]
const shown = (element: ForYouElement) => cards(element).map((card) => card.dataset.item)
const links = (element: ForYouElement) => [...root(element).querySelectorAll('a')].map((a) => a.href)
const becomes = (element: ForYouElement, state: string) =>
  expect.poll(() => element.dataset.state, { timeout: 3000 }).toBe(state)
const isVisible = (node: Element | null) => (node as HTMLElement | null)?.checkVisibility() ?? false

describe('states', () => {
  test('idle, loading, ready: says state and reason, and every item is a link that is named', async () => {
    const client = fakeClient()
    const element = mount(client, { k: '3' })
    expect(element.dataset.state).toBe('idle')
    await becomes(element, 'loading')
    client.answer = async () => slateOf(['a', 'b', 'c'])
    element.refresh()
    await becomes(element, 'ready')
    expect(element.dataset.reason).toBe('personal')
    expect(shown(element)).toEqual(['a', 'b', 'c'])
    expect(cards(element).every((card) => card.querySelector('a[href]'))).toBe(true)
    expect(client.asked[0]).toEqual({ surface: 'for-you', k: 3 })
    expect(root(element).querySelector('[part=heading]')?.textContent).toBe('For you')
  })

  test('the site’s own content is visible until there is something better', async () => {
    const client = fakeClient()
    const element = mount(client, {}, 'our own choice')
    const slot = () => root(element).querySelector('slot')
    await becomes(element, 'loading')
    expect(isVisible(slot()) || !slot()?.hidden).toBe(true)
    await becomes(element, 'stalled')
    expect(slot()?.hidden).toBe(false)
    client.answer = async () => slateOf(['a'])
    element.refresh()
    await becomes(element, 'ready')
    expect(slot()?.hidden).toBe(true)
  })

  test('without content of its own it keeps the place of the cards', async () => {
    const element = mount(fakeClient(), { k: '4' })
    await becomes(element, 'loading')
    expect(root(element).querySelectorAll('[part=skeleton]')).toHaveLength(4)
    const before = element.getBoundingClientRect().height
    element.client = fakeClient(slateOf(['a', 'b', 'c', 'd'], { surface: 'for-you' }))
    await becomes(element, 'ready')
    const list = root(element).querySelector('[part=list]')!.getBoundingClientRect().height
    expect(before).toBeGreaterThan(150)
    expect(Math.abs(list - before)).toBeLessThan(60)
  })

  test('stalled after 1.5 s, and ready when the answer comes after all', async () => {
    let give: (slate: Slate) => void = () => undefined
    const client = fakeClient()
    client.answer = () => new Promise((resolve) => (give = resolve))
    const started = performance.now()
    const element = mount(client)
    await becomes(element, 'stalled')
    expect(performance.now() - started).toBeGreaterThan(1400)
    give(slateOf(['a']))
    await becomes(element, 'ready')
  })

  test.each(['no-bundle', 'killed', 'popular'] as const)(
    'empty with reason %s: its content stays',
    async (reason) => {
      const element = mount(fakeClient(slateOf([], { reason })), {}, 'own')
      await becomes(element, 'empty')
      expect(element.dataset.reason).toBe(reason)
      expect(root(element).querySelector('slot')?.hidden).toBe(false)
    },
  )

  test('an error is a state, not an exception', async () => {
    const client = fakeClient()
    client.answer = () => Promise.reject(new Error('boom'))
    const element = mount(client, {}, 'own')
    await becomes(element, 'error')
    expect(root(element).querySelector('slot')?.hidden).toBe(false)
  })
})

describe('the first list', () => {
  test('comes from the edge while the ranker starts, and gives way to the ranker’s', async () => {
    const client = fakeClient()
    client.first = slateOf(['p', 'q', 'r'], { surface: 'popular', reason: 'popular' })
    const element = mount(client, { k: '2' })
    await becomes(element, 'ready')
    expect([shown(element), element.dataset.reason]).toEqual([['p', 'q'], 'popular'])
    client.answer = async () => slateOf(['a', 'p'])
    client.tell('bundle')
    await expect.poll(() => shown(element)).toEqual(['a', 'p'])
    expect(element.dataset.reason).toBe('personal')
  })

  test('a list without names does not replace one with names', async () => {
    const client = fakeClient()
    client.first = slateOf(['p'], { reason: 'popular' })
    const { details: _, ...nameless } = slateItem('a')
    const element = mount(client)
    await becomes(element, 'ready')
    client.answer = async () => slateOf([], { items: [nameless] })
    client.tell('bundle')
    await expect.poll(() => client.asked.length).toBe(2)
    expect(shown(element)).toEqual(['p'])
  })

  test('is not for surfaces that are not the same for everybody', async () => {
    const client = fakeClient()
    client.first = slateOf(['p'])
    const element = mount(client, { surface: 'because' })
    await becomes(element, 'stalled')
    expect(shown(element)).toEqual([])
  })
})

describe('changes', () => {
  test('of the history: asks once, keeps the nodes of items that stay, and the focus', async () => {
    const client = fakeClient(slateOf(['a', 'b', 'c']))
    const element = mount(client)
    await becomes(element, 'ready')
    const [, b, c] = cards(element)
    b?.querySelector('a')?.focus()
    client.answer = async () => slateOf(['c', 'b', 'd'])
    for (let n = 0; n < 5; n++) client.tell('change')
    await expect.poll(() => shown(element)).toEqual(['c', 'b', 'd'])
    expect(client.asked).toHaveLength(2)
    // Compared as booleans: a failure that prints nodes is too long for the connection.
    const [first, second] = cards(element)
    expect([first === c, second === b]).toEqual([true, true])
    expect(root(element).activeElement === b?.querySelector('a')).toBe(true)
  })

  test('of the bundle: only while something is missing', async () => {
    const client = fakeClient(slateOf(['a'], { partial: true }))
    const element = mount(client)
    await becomes(element, 'ready')
    client.answer = async () => slateOf(['b'])
    client.tell('bundle')
    await expect.poll(() => shown(element)).toEqual(['b'])
    client.tell('bundle')
    await new Promise((resolve) => setTimeout(resolve, 30))
    expect(client.asked).toHaveLength(2)
  })

  test('of surface or item: what was shown goes', async () => {
    const client = fakeClient(slateOf(['a'], { surface: 'similar', seed: 'x' }))
    const element = mount(client, { surface: 'similar', item: 'x' })
    await becomes(element, 'ready')
    client.answer = null
    element.setAttribute('item', 'y')
    await becomes(element, 'loading')
    expect(shown(element)).toEqual([])
    expect(client.asked.at(-1)).toMatchObject({ surface: 'similar', item: 'y' })
  })

  test('an old answer that comes late is not shown', async () => {
    const answers: ((slate: Slate) => void)[] = []
    const client = fakeClient()
    client.answer = () => new Promise((resolve) => answers.push(resolve))
    const element = mount(client)
    await expect.poll(() => answers.length).toBe(1)
    element.refresh()
    await expect.poll(() => answers.length).toBe(2)
    answers[1]!(slateOf(['new']))
    await becomes(element, 'ready')
    answers[0]!(slateOf(['old']))
    await new Promise((resolve) => setTimeout(resolve, 20))
    expect(shown(element)).toEqual(['new'])
  })

  test('once removed it listens no longer; put back, it asks again', async () => {
    const client = fakeClient(slateOf(['a']))
    const element = mount(client)
    await becomes(element, 'ready')
    element.remove()
    client.tell('change')
    await new Promise((resolve) => setTimeout(resolve, 20))
    expect(client.asked).toHaveLength(1)
    document.body.append(element)
    await expect.poll(() => client.asked.length).toBe(2)
  })
})

test('a price is written in the currency that the page names, and anew when it changes', async () => {
  const priced = (price: number) =>
    slateOf([], { items: [slateItem('a', { details: { title: 'A', price } })] })
  const client = fakeClient(priced(19.5))
  const element = mount(client, { currency: 'EUR' })
  await becomes(element, 'ready')
  const price = () => root(element).querySelector('[part=price]')?.textContent
  const inEuro = (x: number) => x.toLocaleString(undefined, { style: 'currency', currency: 'EUR' })
  expect(price()).toBe(inEuro(19.5))
  client.answer = async () => priced(0)
  client.tell('change')
  await expect.poll(price).toBe(inEuro(0))
  element.setAttribute('currency', 'no such thing')
  await expect.poll(price).toBe('0')
  client.answer = async () => slateOf(['a'])
  client.tell('change')
  await expect.poll(price).toBeUndefined()
})

describe('hosts', () => {
  test('may render the cards themselves', async () => {
    const element = mount(fakeClient(slateOf(['a'])), { 'link-template': '/film?id={id}' })
    element.render = (item, { link, position }) => {
      const a = document.createElement('a')
      a.href = link
      a.textContent = `${position}: ${item.details?.title}`
      return a
    }
    await becomes(element, 'ready')
    expect(cards(element)[0]?.textContent).toBe('0: Film a')
    expect(links(element)).toEqual([new URL('/film?id=a', location.href).href])
  })

  test('hear of every slate, may take its place, and hear of what is followed', async () => {
    const client = fakeClient(slateOf(['a']))
    const element = mount(client)
    const heard: string[] = []
    for (const type of ['foryou:render', 'foryou:slate', 'foryou:select'])
      document.body.addEventListener(type, (event) => heard.push(event.type), { once: true })
    await becomes(element, 'ready')
    root(element).querySelector('a')?.click()
    expect(heard).toEqual(['foryou:render', 'foryou:slate', 'foryou:select'])
    element.addEventListener('foryou:render', (event) => event.preventDefault())
    client.answer = async () => slateOf(['b'])
    client.tell('change')
    await expect.poll(() => client.asked.length).toBe(2)
    expect(shown(element)).toEqual(['a'])
  })

  test('name the texts', async () => {
    const why = [{ source: 'content', item: 'z', title: 'Zulu', share: 5 }] as const
    const element = mount(fakeClient(slateOf([], { items: [slateItem('a', { why })] })), {
      heading: 'Für Sie',
    })
    element.labels = { because: 'Weil Sie {title} gesehen haben' }
    await becomes(element, 'ready')
    expect(root(element).querySelector('[part=heading]')?.textContent).toBe('Für Sie')
    expect(root(element).querySelector('[part=reason]')?.textContent).toBe('Weil Sie Zulu gesehen haben')
  })

  test.each(['pin', 'explore'] as const)(
    'claim nothing of the visitor for what the site has put there (%s)',
    async (source) => {
      const why = [
        { source: 'content', item: 'z', title: 'Zulu', share: 5 },
        { source, rule: 'Of the week', share: 9 },
      ] as const
      const element = mount(fakeClient(slateOf([], { items: [slateItem('a', { why })] })))
      await becomes(element, 'ready')
      expect(root(element).querySelector('[part=reason]')?.textContent ?? '').toBe('')
    },
  )
})

describe('hostile data', () => {
  const EVASIONS = [
    '<script>document.title = "hacked"</script>',
    '<img src=x onerror="document.title=\'hacked\'">',
    '"><svg onload=alert(1)>',
    '</style><script>alert(1)</script>',
    'javascript:alert(1)',
    '<iframe srcdoc="<script>parent.document.title=1</script>">',
    '{{constructor.constructor("alert(1)")()}}',
    '&lt;script&gt;alert(1)&lt;/script&gt;',
    '<math><mtext><table><mglyph><style><img src=x onerror=alert(1)>',
    '\u202Egnp.exe',
    '__proto__',
  ]

  test.each(EVASIONS)('as title, id and reason is only ever text: %s', async (text) => {
    document.title = 'safe'
    const why = [{ source: 'content', item: text, title: text, share: 5 }] as const
    const item = slateItem(text, { details: { title: text }, why })
    const slate = slateOf([], { items: [item], seedDetails: { title: text } })
    const element = mount(fakeClient(slate), { heading: '{title}' })
    await becomes(element, 'ready')
    expect(shown(element)).toEqual([text])
    expect(root(element).querySelector('[part=title]')?.textContent).toBe(text)
    expect(root(element).querySelectorAll('script, iframe, svg, math, img, style')).toHaveLength(0)
    await new Promise((resolve) => setTimeout(resolve, 10))
    expect(document.title).toBe('safe')
  })

  test.each([
    'javascript:alert(1)',
    'java\nscript:alert(1)',
    'data:text/html,x',
    '//evil.test/x',
    'https://u@evil.test/',
  ])('as link or image leads nowhere: %j', async (url) => {
    const item = slateItem('a', { details: { title: 'A', link: url, image: url } })
    const element = mount(fakeClient(slateOf([], { items: [item] })))
    await becomes(element, 'ready')
    expect(links(element)).toEqual([`${document.baseURI.split('#')[0]}#a`])
    expect(root(element).querySelector('img')).toBeNull()
  })

  test('a good link and image are used', async () => {
    const details = { title: 'A', link: '/film?id=a', image: 'https://img.test/a.jpg' }
    const element = mount(fakeClient(slateOf([], { items: [slateItem('a', { details })] })))
    await becomes(element, 'ready')
    expect(links(element)).toEqual([new URL('/film?id=a', location.href).href])
    expect(root(element).querySelector('img')?.src).toBe('https://img.test/a.jpg')
  })

  test('the same item twice is shown once', async () => {
    const element = mount(fakeClient(slateOf(['a', 'b', 'a'])))
    await becomes(element, 'ready')
    expect(shown(element)).toEqual(['a', 'b'])
  })
})
