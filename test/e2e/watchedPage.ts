export interface WatchedPage {
  /** Where the loader comes from, without a trailing slash. */
  readonly loader: string
  /** The edge, where it is not beside the loader. */
  readonly endpoint?: string
  /** JSON of the pins, where the loader's own are of another edge. */
  readonly pins?: string
  /** The element comes when the test calls `window.begin()`. */
  readonly later?: boolean
}

/**
 * A page of somebody else that notes what must never happen to it (trust P1): an error or a rejection that nobody caught,
 * anything that moves, and a moment in which the visitor sees neither recommendations nor the site's own content. It gives
 * the element its place, as a page does that does not want to move.
 *
 * `window.watched` holds what was noted, `window.client` the page's own client once the loader has come.
 */
export function watchedPage({ loader, endpoint = loader, pins, later = false }: WatchedPage): string {
  const options = `{ endpoint: '${endpoint}', consent: 'granted'${pins ? `, pins: ${pins}` : ''} }`
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<title>Somebody's page</title>
<style>
  body { font: 16px/1.5 sans-serif; margin: 2rem }
  aside { height: 30rem; overflow: auto }
</style>
<script>
  const watched = (window.watched = { errors: [], moved: [], bare: 0, frames: 0 })
  addEventListener('error', (event) => watched.errors.push(event.message))
  addEventListener('unhandledrejection', (event) => watched.errors.push('rejected: ' + event.reason))
  const isOurs = (node) => !node || node.getRootNode() !== document || node.closest?.('aside') != null
  new PerformanceObserver((list) => {
    for (const { sources } of list.getEntries())
      for (const { node } of sources) if (!isOurs(node)) watched.moved.push(node.nodeName)
  }).observe({ type: 'layout-shift', buffered: true })
  const look = () => {
    const element = document.querySelector('for-you')
    if (element) {
      watched.frames++
      const own = element.querySelector('p')
      const card = element.shadowRoot && element.shadowRoot.querySelector('[data-item]')
      if (own.offsetHeight === 0 && !(card && card.offsetHeight > 0)) watched.bare++
    }
    requestAnimationFrame(look)
  }
  requestAnimationFrame(look)
  window.begin = () => {
    document.querySelector('aside').innerHTML =
      '<for-you surface="for-you" k="12" consent="granted" endpoint="${endpoint}"><p>What the site shows itself.</p></for-you>'
  }
</script>
</head>
<body>
<h1>Somebody's page</h1>
<aside></aside>
<script>${later ? '' : 'begin()'}</script>
<p>What comes after it does not move.</p>
<script type="module">
  import { createForYou } from '${loader}/foryou.js'
  window.client = createForYou(${options})
</script>
</body>
</html>
`
}
