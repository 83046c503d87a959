import { define } from './widget/define.ts'

export type { CatalogueItem, ItemDetails } from '../shared/domain/catalogue.ts'
export type { Consent, ConsentStart, Persist } from '../shared/domain/consent.ts'
export type { Interaction, Kind } from '../shared/domain/interaction.ts'
export type { HistoryExport, ThreadEvent, ThreadStatus, Uptake } from '../shared/domain/rankerThread.ts'
export type {
  Contribution,
  Reason,
  RecommendOptions,
  Slate,
  SlateItem,
  Source,
  Surface,
} from '../shared/domain/slate.ts'
export { createForYou, type ForYou, type ForYouOptions } from './client/createForYou.ts'
export type { DetailsResolver } from './client/ownDetails.ts'
export type { CardContext, RenderHook } from './widget/card.ts'
export { type ElementState, ForYouElement } from './widget/ForYouElement.ts'
export type { Labels } from './widget/labels.ts'

define()

declare global {
  interface HTMLElementTagNameMap {
    'for-you': import('./widget/ForYouElement.ts').ForYouElement
  }
}
