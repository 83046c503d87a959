import type { CandidateFacts, FirstVisits, Reliability } from '../../shared/bundle/evaluation.ts'
import type { CardFacts } from './cardFacts.ts'
import { dataTable } from './dataTable.ts'
import { type Html, html } from './html.ts'
import { count, fixed, percent, plural } from './numberText.ts'
import type { PageSection } from './page.ts'

/** Where the candidates come from, what the ranker's scores promise, and what a first visit gets. */
export function rankerSection({ report }: CardFacts): PageSection {
  const { candidates, reliability, firstVisits } = report
  return {
    id: 'ranker',
    heading: 'Candidates and probabilities',
    body: html`${
      candidates && reliability && candidates.queries > 0
        ? html`${candidateTable(candidates)}${reliabilityTable(reliability)}`
        : html`<p class="missing">There is no learned ranker on dated data here, or this report was made before it was examined.</p>`
    }
${firstVisits && firstVisits.queries > 0 && firstVisitText(firstVisits)}`,
  }
}

function candidateTable({ queries, recall, mean, generators }: CandidateFacts): Html {
  return html`<p>Of ${plural(queries, 'query', 'queries')} with a history, ${percent(recall)} had what was chosen among their candidates, ${fixed(mean, 0)} of them on average. What is no candidate cannot be shown.</p>
${dataTable(
  'candidates-table',
  'Which generator finds what is chosen',
  [
    { heading: 'generator' },
    { heading: 'brings at most', number: true },
    { heading: 'finds alone', number: true },
    { heading: 'lost without it', number: true },
  ],
  generators
    .filter(({ alone }) => alone > 0)
    .map(({ name, quota, alone, loss }) => ({
      cells: [name, count(quota), percent(alone), percent(loss, 2)],
    })),
)}`
}

function reliabilityTable({ bins, error, firstTen }: Reliability): Html {
  return html`<p>A score is the chance that the visitor's next choice is this item. The first ten of a list promised <b class="number">${fixed(firstTen.promised, 3)}</b> choices and held <b class="number">${fixed(firstTen.observed, 3)}</b>; the expected calibration error over all candidates is ${fixed(error, 5)}.</p>
${dataTable(
  'reliability-table',
  'What was promised, and what came',
  [
    { heading: 'chance up to' },
    { heading: 'candidates', number: true },
    { heading: 'promised', number: true },
    { heading: 'chosen next', number: true },
  ],
  bins.map(({ upTo, rows, promised, observed }) => ({
    cells: [percent(upTo), count(rows), percent(promised, 2), percent(observed, 2)],
  })),
)}`
}

function firstVisitText({ queries, shipped, trending, ranker }: FirstVisits): Html {
  return html`<p>Visitors without a history made ${plural(queries, 'first choice')}: the popular list, which they get, reaches an NDCG@10 of <b class="number">${fixed(shipped, 4)}</b>, trending ${fixed(trending, 4)}${ranker !== null && html`, the ranker's own guess ${fixed(ranker, 4)}`}.</p>`
}
