import { KINDS, type Kind } from '../../shared/domain/interaction.ts'
import { plain } from './columnMapping.ts'
import { parseNumber } from './moments.ts'

/** What a row of a log can be: something that a user did, or something that a user was shown. */
export type EventKind = Kind | 'impression'

/** Words for each kind, in lower case, letters and digits only. */
const WORDS: Readonly<Record<EventKind, string>> = {
  impression:
    'impression impressions imp shown show showed exposure exposed display displayed rendered serve served',
  view: 'view views viewed pageview productview detail detailview visit read watch watched play played listen listened open opened',
  click: 'click clicks clicked tap tapped select selected',
  save: 'save saved like liked favourite favorite favourited favorited bookmark bookmarked wishlist addtowishlist addtocart cart addtobasket basket atc fav',
  buy: 'buy bought purchase purchased purchases order ordered transaction sale checkout pay paid',
  rate: 'rate rated rating review reviewed score',
  hide: 'hide hidden hid dislike disliked notinterested dismiss dismissed block blocked',
}
const KIND_OF = new Map(
  (Object.entries(WORDS) as [EventKind, string][]).flatMap(([kind, words]) =>
    words.split(' ').map((word) => [word, kind] as const),
  ),
)
/** By code; 0 is a word that says none of these. */
const CODES: readonly (EventKind | undefined)[] = [undefined, ...KINDS, 'impression']
/** A column whose words are mostly others holds something else. */
const KNOWN_SHARE = 0.5

/** Kind, slate, position and propensity of the rows of a log, as they are read. */
export class EventColumns {
  readonly #kinds: Uint8Array
  readonly #codeOf = new Map<string, number>()
  readonly #slateOf = new Map<string, number>()
  /** Dense number of the slate, −1 where the row names none. */
  readonly slate: Int32Array
  /** As the log counts; −1 where it does not. */
  readonly position: Int32Array
  /** Chance of having been seen; NaN where the log does not say. */
  readonly propensity: Float32Array

  constructor(rows: number) {
    this.#kinds = new Uint8Array(rows)
    this.slate = new Int32Array(rows)
    this.position = new Int32Array(rows)
    this.propensity = new Float32Array(rows)
  }

  set(row: number, kind: string, slate: string, position: string, propensity: string): void {
    let code = this.#codeOf.get(kind)
    if (code === undefined) {
      code = Math.max(0, CODES.indexOf(KIND_OF.get(plain(kind))))
      this.#codeOf.set(kind, code)
    }
    this.#kinds[row] = code
    this.slate[row] = this.#slateNumber(slate.trim())
    const at = parseNumber(position)
    this.position[row] = Number.isInteger(at) && at >= 0 && at < 1e6 ? at : -1
    const chance = parseNumber(propensity)
    this.propensity[row] = chance > 0 && chance <= 1 ? chance : Number.NaN
  }

  /** What the row is; a word that is not known counts as a view. */
  kind(row: number): EventKind {
    return CODES[this.#kinds[row]!] ?? 'view'
  }

  /** Whether the column says kinds at all: a column "type" may be anything. */
  areKinds(rows: number): boolean {
    let known = 0
    for (let row = 0; row < rows; row++) if (this.#kinds[row]! > 0) known++
    return rows > 0 && known >= KNOWN_SHARE * rows
  }

  /** Words that say none of the kinds. */
  unknownWords(): string[] {
    return [...this.#codeOf].flatMap(([word, code]) => (code === 0 ? [word] : []))
  }

  #slateNumber(slate: string): number {
    if (slate === '') return -1
    const known = this.#slateOf.get(slate)
    if (known !== undefined) return known
    this.#slateOf.set(slate, this.#slateOf.size)
    return this.#slateOf.size - 1
  }
}
