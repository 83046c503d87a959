import type { CatalogueItem } from '../../shared/domain/catalogue.ts'
import { ForYouError } from '../../shared/domain/errors.ts'
import { attributeName } from '../ingest/attributeColumn.ts'
import { canonicalId } from '../ingest/idCodes.ts'
import { parseNumber } from '../ingest/moments.ts'
import type { Flag, ParsedArgs } from './command.ts'

/** Flags that describe one item. */
export const ITEM_FLAGS = {
  id: { type: 'string', value: 'ID', summary: 'add: the item’s id' },
  title: { type: 'string', value: 'TEXT', summary: 'add: its title' },
  text: { type: 'string', value: 'TEXT', summary: 'add: a description, for similarity; never shown' },
  link: { type: 'string', value: 'URL', summary: 'add: where it leads' },
  image: { type: 'string', value: 'URL', summary: 'add: its image' },
  year: { type: 'string', value: 'N', summary: 'add: its own year' },
  price: { type: 'string', value: 'N', summary: 'add: its price' },
  attributes: {
    type: 'string',
    value: 'LIST',
    summary: 'add: e.g. "genre=Drama|War, brand=Acme", named as in the catalogue',
  },
} as const satisfies Record<string, Flag>

/** @throws ForYouError `bad_usage` naming the flag that is wrong */
export function itemOfFlags(args: ParsedArgs): CatalogueItem {
  const id = canonicalId(args.required('id'))
  if (!id.ok) throw new ForYouError('bad_usage', `--id: ${id.reason}.`)
  const price = numberOf(args, 'price')
  const text = (flag: 'link' | 'image' | 'text') => {
    const value = args.string(flag)
    return value === undefined ? {} : { [flag]: value }
  }
  const year = args.integer('year')
  const attributes = attributesOf(args.string('attributes') ?? '')
  return {
    id: id.id,
    title: args.required('title'),
    ...text('link'),
    ...text('image'),
    ...text('text'),
    ...(year === undefined ? {} : { year }),
    ...(price === undefined ? {} : { price, numbers: { price } }),
    ...(attributes ? { attributes } : {}),
  }
}

function numberOf(args: ParsedArgs, flag: string): number | undefined {
  const text = args.string(flag)
  if (text === undefined) return undefined
  const value = parseNumber(text)
  if (value >= 0 && Number.isFinite(value)) return value
  throw new ForYouError('bad_usage', `--${flag} must be a number from 0, not "${text}".`)
}

function attributesOf(list: string): Record<string, string[]> | undefined {
  const parts = list.split(',').filter((part) => part.trim() !== '')
  const found = parts.map((part) => {
    const [name = '', values = ''] = part.split(/=(.*)/s)
    const own = values
      .split('|')
      .map((value) => value.trim().normalize('NFC'))
      .filter((value) => value !== '')
    if (own.length === 0 || name.trim() === '') {
      throw new ForYouError('bad_usage', `--attributes: "${part.trim()}" is not NAME=VALUE|VALUE.`)
    }
    return [attributeName(name), own] as const
  })
  return found.length > 0 ? Object.fromEntries(found) : undefined
}
