/**
 * A page of somebody else, on another origin, that embeds the recommendations by the one script tag: a blog about books. Its
 * buttons stand for what a visitor does there; they name films only once the first slate has.
 *
 * @param edge address of the edge, without a trailing slash
 * @returns the page as HTML text
 */
export function hostPage(edge: string): string {
  const origin = new URL(edge).href.replace(/\/$/, '')
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Dog-eared: a blog about books</title>
<style>
  :root { color-scheme: light dark; --foryou-card-width: 8rem; --foryou-accent: #4a6741 }
  body { max-width: 46rem; margin: 3rem auto; padding: 0 1rem; font: 1.1rem/1.6 Georgia, serif }
  h1 { font-style: italic }
  aside { border-top: 3px double currentColor; margin-top: 2.5rem; padding-top: 1rem }
  button { font: inherit; margin: .2rem .4rem .2rem 0; padding: .3rem .8rem }
</style>
<script type="module" src="${origin}/foryou.js"></script>
</head>
<body>
<header><h1>Dog-eared</h1><p>Notes in the margins, since 2009.</p></header>
<main>
  <article>
    <h2>The book was better, and other lies</h2>
    <p>Every reader has said it on the way out of a cinema. This week I went through my shelf and looked for the films that
    prove us wrong.</p>
    <p>Tell me which of these you have seen:</p>
    <p id="seen"></p>
    <p><button type="button" id="forget">Forget what I said</button></p>
    <p id="said" role="status"></p>
  </article>
  <aside>
    <for-you surface="for-you" k="12" consent="granted" heading="To watch, when the book is finished">
      <p>Recommendations appear here where the browser can compute them. Until then: read on.</p>
    </for-you>
  </aside>
</main>
<script type="module">
  import { createForYou } from '${origin}/foryou.js'
  const client = createForYou({ endpoint: '${origin}', consent: 'granted' })
  const seen = document.getElementById('seen')
  const said = document.getElementById('said')
  document.querySelector('for-you').addEventListener('foryou:slate', ({ detail }) => {
    seen.replaceChildren(...detail.items.slice(0, 4).map(({ item, details }) => {
      const button = document.createElement('button')
      button.type = 'button'
      button.dataset.record = item
      button.textContent = details?.title ?? item
      button.onclick = async () => {
        await client.record({ item, kind: 'view' })
        said.textContent = 'Noted, on your device only.'
      }
      return button
    }))
  })
  document.getElementById('forget').onclick = async () => {
    await client.history.clear()
    said.textContent = 'Forgotten.'
  }
</script>
</body>
</html>
`
}
