/** An element of a document, as far as tests look: its name, its attributes, its own text and its children. */
export interface XmlNode {
  readonly name: string
  readonly attributes: Readonly<Record<string, string>>
  readonly children: (XmlNode | string)[]
}

const TOKEN = /<!doctype html>|<(\/?)([A-Za-z][\w:-]*)((?:\s+[\w:-]+="[^"<]*")*)\s*(\/?)>|([^<]+)|([\s\S])/gy

/**
 * Reads XML strictly: what is not closed, not quoted or not escaped throws. Reports are written so that they are HTML and
 * well-formed XML alike.
 */
export function parseXml(text: string): XmlNode {
  const root: XmlNode = { name: '', attributes: {}, children: [] }
  const open = [root]
  for (const [all, end, name, attributes, empty, words, wrong] of text.matchAll(TOKEN)) {
    const top = open.at(-1)!
    if (wrong !== undefined) throw new Error(`"${wrong}" is markup that is not well formed`)
    if (words !== undefined) {
      top.children.push(top.name === 'style' ? words : unescaped(words))
    } else if (name !== undefined) {
      if (end) {
        if (top.name !== name) throw new Error(`</${name}> closes <${top.name}>`)
        open.pop()
      } else {
        const node: XmlNode = { name, attributes: attributesOf(attributes!), children: [] }
        top.children.push(node)
        if (!empty) open.push(node)
      }
    } else if (all !== '<!doctype html>') throw new Error(`${all}?`)
  }
  if (open.length > 1) throw new Error(`<${open.at(-1)!.name}> is not closed`)
  return root
}

/** All elements below a node, itself left out. */
export function elements(node: XmlNode): XmlNode[] {
  return node.children.flatMap((child) => (typeof child === 'string' ? [] : [child, ...elements(child)]))
}

/** All words below a node. */
export function words(node: XmlNode): string {
  return node.children.map((child) => (typeof child === 'string' ? child : words(child))).join('')
}

function attributesOf(text: string): Record<string, string> {
  const found: Record<string, string> = {}
  for (const [, name, value] of text.matchAll(/([\w:-]+)="([^"]*)"/g)) {
    if (name! in found) throw new Error(`attribute ${name} twice`)
    found[name!] = unescaped(value!)
  }
  return found
}

const ENTITIES: Readonly<Record<string, string>> = { amp: '&', lt: '<', gt: '>', quot: '"', '#39': "'" }

function unescaped(text: string): string {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: these are the ones that XML 1.0 refuses
  if (/[\u0000-\u0008\u000b\u000c\u000e-\u001f\ufffe\uffff]/.test(text))
    throw new Error('a character that XML refuses')
  return text.replace(/&([^;]{0,8};?)/g, (all, entity: string) => {
    const character = ENTITIES[entity.slice(0, -1)]
    if (character === undefined || !entity.endsWith(';')) throw new Error(`"${all}" is no entity`)
    return character
  })
}
