import { ForYouElement } from './ForYouElement.ts'

/** Registers `<for-you>`; a page that has loaded it twice keeps the first. */
export function define(): void {
  if (!customElements.get('for-you')) customElements.define('for-you', ForYouElement)
}
