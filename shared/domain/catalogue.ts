/** What a site tells about an item. Everything but the title is optional. */
export interface ItemDetails {
  readonly title: string
  /** http(s) or relative; checked again before it becomes a link. */
  readonly link?: string
  readonly image?: string
  readonly year?: number
  /** In the site's own currency, which only the page knows. */
  readonly price?: number
  /** Multi-valued attributes by name, e.g. `{ genre: ['Drama', 'War'] }`. */
  readonly attributes?: Readonly<Record<string, readonly string[]>>
}

export interface CatalogueItem extends ItemDetails {
  readonly id: string
  /** When the item could first be shown, milliseconds since 1970 UTC, where the site knows it. */
  readonly releasedAt?: number
  /** A longer description: its words count for similarity, it is never shipped. */
  readonly text?: string
  /** Numeric attributes, e.g. `{ price: 9.99 }`: for similarity, never shipped as they are. */
  readonly numbers?: Readonly<Record<string, number>>
}
