import { ForYouError } from '../../shared/domain/errors.ts'

/** Which columns hold what, by name. What is left out is recognised by common names. */
export interface ColumnMapping {
  readonly user?: string
  readonly item?: string
  readonly value?: string
  readonly time?: string
  /** View, click, buy … or impression. */
  readonly kind?: string
  readonly slate?: string
  readonly position?: string
  readonly propensity?: string
  /** Values from here on count as a success. */
  readonly positiveFrom?: number
}

/** Indexes into a table's columns. */
export interface ColumnRoles {
  readonly user: number
  readonly item: number
  readonly value: number | undefined
  readonly time: number | undefined
  readonly kind: number | undefined
  readonly slate: number | undefined
  readonly position: number | undefined
  readonly propensity: number | undefined
  /** What the value column measures, if there is one. */
  readonly measure: 'rating' | 'quantity' | undefined
}

/** Common names without case and punctuation, most telling first. */
const NAMES = {
  user: list(`userid user uid visitorid visitor customerid customer memberid member accountid account reviewerid
    reviewer clientid client personid person username sessionid session`),
  item: list(`itemid item movieid movie filmid film productid product articleid article asin parentasin sku stockcode
    bookid book isbn trackid track songid song videoid video gameid game contentid content businessid iid`),
  rating: list('rating score stars value overall userrating grade'),
  quantity: list('quantity qty amount units'),
  time: list(`timestamp time ts at date datetime unixtime unixreviewtime eventtime createdat created ratedat viewedat
    purchasedat orderedat invoicedate orderdate reviewdate`),
  kind: list(`kind event eventtype eventname action actiontype interaction interactiontype type behavior behaviortype
    behaviour behaviourtype`),
  slate: list('slate slateid requestid request recommendationid recid impressionid'),
  position: list('position pos rank slot'),
  propensity: list('propensity propensityscore exposureprobability'),
}

/** Names of item ids in a catalogue's file, where a bare `id` means the item. */
export const ITEM_ID_NAMES: readonly string[] = [...NAMES.item, 'id', 'code']

/**
 * @throws ForYouError `bad_data` where user or item cannot be told, naming the columns found; `bad_usage` where the mapping
 * names a column that is not there
 */
export function recogniseColumns(
  file: string,
  columns: readonly string[],
  mapping: ColumnMapping = {},
): ColumnRoles {
  const found = `Columns found: ${columns.join(', ')}.`
  const named = (role: Exclude<keyof ColumnMapping, 'positiveFrom'>): number | undefined => {
    const name = mapping[role]
    if (name === undefined) return undefined
    const index = columns.indexOf(name)
    if (index >= 0) return index
    throw new ForYouError('bad_usage', `${file} has no column "${name}". ${found}`)
  }
  const user = named('user') ?? findColumn(columns, NAMES.user)
  const item = named('item') ?? findColumn(columns, NAMES.item)
  if (user === undefined || item === undefined || user === item) {
    const missing = user === undefined ? (item === undefined ? 'user and item' : 'user') : 'item'
    throw new ForYouError('bad_data', `${file}: no column for ${missing} could be recognised. ${found}`, {
      hint: 'Say which is which: --columns user=NAME,item=NAME[,rating=NAME][,time=NAME]',
    })
  }
  const rating = named('value') ?? findColumn(columns, NAMES.rating)
  const quantity = rating === undefined ? findColumn(columns, NAMES.quantity) : undefined
  const isQuantity =
    quantity !== undefined || (rating !== undefined && NAMES.quantity.includes(plain(columns[rating]!)))
  return {
    user,
    item,
    value: rating ?? quantity,
    time: named('time') ?? findColumn(columns, NAMES.time),
    ...eventRoles(named, columns, [user, item]),
    measure: isQuantity ? 'quantity' : rating === undefined ? undefined : 'rating',
  }
}

/**
 * Reads `user=NAME,item=NAME,rating=NAME,time=NAME,positive-from=N`, the form of the command line.
 * @throws ForYouError `bad_usage`
 */
export function parseColumnMapping(text: string): ColumnMapping {
  const mapping: { -readonly [K in keyof ColumnMapping]: ColumnMapping[K] } = {}
  for (const part of text.split(',')) {
    const [role, name] = part.split(/=(.*)/s).map((word) => word.trim())
    if (!name) throw mappingError(part)
    if (isRole(role)) mapping[role] = name
    else if (role === 'rating' || role === 'quantity' || role === 'value') mapping.value = name
    else if (role === 'positive-from' && Number.isFinite(Number(name))) mapping.positiveFrom = Number(name)
    else throw mappingError(part)
  }
  return mapping
}

const ROLES = ['user', 'item', 'time', 'kind', 'slate', 'position', 'propensity'] as const

function isRole(role: string | undefined): role is (typeof ROLES)[number] {
  return (ROLES as readonly (string | undefined)[]).includes(role)
}

/** What only logs of events have; columns that are users or items already are not looked at. */
function eventRoles(
  named: (role: 'kind' | 'slate' | 'position' | 'propensity') => number | undefined,
  columns: readonly string[],
  taken: readonly number[],
) {
  const role = (name: 'kind' | 'slate' | 'position' | 'propensity') => {
    const column = named(name) ?? findColumn(columns, NAMES[name])
    return column !== undefined && taken.includes(column) ? undefined : column
  }
  return {
    kind: role('kind'),
    slate: role('slate'),
    position: role('position'),
    propensity: role('propensity'),
  }
}

function mappingError(part: string): ForYouError {
  return new ForYouError('bad_usage', `--columns does not understand "${part}".`, {
    hint: 'For example: --columns user=customer_no,item=article,rating=points,time=when',
  })
}

/** First column whose plain name is in `names`; earlier names win. */
export function findColumn(columns: readonly string[], names: readonly string[]): number | undefined {
  const plainColumns = columns.map(plain)
  for (const name of names) {
    const index = plainColumns.indexOf(name)
    if (index >= 0) return index
  }
  return undefined
}

/** Lower case, letters and digits only: `User_ID` → `userid`. */
export function plain(name: string): string {
  return name.toLowerCase().replace(/[^\p{L}\p{N}]/gu, '')
}

function list(words: string): readonly string[] {
  return words.split(/\s+/)
}
