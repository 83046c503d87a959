/** The part that a slate needs where rules or the page's own control decide over it. */
export { createFinishing } from '../../shared/rank/finish/createFinishing.ts'
