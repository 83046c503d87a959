import { type CardFacts, modelsOf, shippedOf } from './cardFacts.ts'
import { dataTable } from './dataTable.ts'
import { html } from './html.ts'
import { fixed, percent } from './numberText.ts'
import type { PageSection } from './page.ts'

/** Measures beyond accuracy: name, heading, and how it is written. */
const MEASURES = [
  ['coverage@10', 'catalogue shown', (value: number) => percent(value)],
  ['popularity-percentile@10', 'popularity percentile', (value: number) => percent(value)],
  ['gini@10', 'Gini of exposure', (value: number) => fixed(value, 3)],
  ['novelty@10', 'novelty, bits', (value: number) => fixed(value, 1)],
  ['diversity@10', 'diversity', (value: number) => fixed(value, 3)],
  ['repeat-rate@10', 'repeat rate', (value: number) => percent(value)],
] as const

/** How much of the catalogue a model shows, and how much it leans on what is popular anyway. */
export function biasSection({ report }: CardFacts): PageSection {
  const models = modelsOf(report)
  const known = MEASURES.filter(([name]) => models.some(({ metrics }) => metrics[name] !== undefined))
  const shipped = models.find(({ chosen }) => chosen)
  const popularity = models.find(({ rung }) => rung === 'popularity')
  const coverage = (model: typeof shipped) => model?.metrics['coverage@10'] ?? Number.NaN
  const times = coverage(shipped) / coverage(popularity)
  return {
    id: 'bias',
    heading: 'Beyond the popular few',
    body: html`${
      shipped && shipped !== popularity && Number.isFinite(times)
        ? html`<p>In its first tens, <b>${shippedOf(report)?.rung}</b> shows ${percent(coverage(shipped))} of the catalogue; popularity shows ${percent(coverage(popularity))}${times >= 1.5 && `, ${fixed(times, times < 10 ? 1 : 0)} times less`}.</p>`
        : null
    }
${dataTable(
  'bias-table',
  'What each model shows in its first ten, whether it is chosen or not',
  [{ heading: 'model' }, ...known.map(([, heading]) => ({ heading, number: true }))],
  models.map(({ name, metrics, chosen }) => ({
    chosen,
    cells: [name, ...known.map(([key, , text]) => text(metrics[key] ?? Number.NaN))],
  })),
)}
${
  known.length === 1
    ? html`<p class="missing">Popularity percentile, Gini, novelty, diversity and repeat rate are absent: this report was made before they were measured.</p>`
    : html`<p class="quiet">Popularity percentile: 50 % would be the middle of the catalogue, 100 % is its most popular item. Gini: 0 shows all items equally often, 1 one alone. Novelty: how surprising an item is, by its share of the training interactions. Repeat rate: what a visitor's next list has in common with the one before.</p>`
}`,
  }
}
