import { biasSection } from './cardBias.ts'
import { dataSection } from './cardData.ts'
import { examplesSection } from './cardExamples.ts'
import type { CardFacts } from './cardFacts.ts'
import { gateSection } from './cardGate.ts'
import { costSection, modelsSection } from './cardModels.ts'
import { rankerSection } from './cardRanker.ts'
import { repeatSection } from './cardRepeat.ts'
import { segmentsSection } from './cardSegments.ts'
import { verdictHeading, verdictLead } from './cardVerdict.ts'
import { html } from './html.ts'
import { page } from './page.ts'

/**
 * The model card (Mitchell et al., "Model Cards for Model Reporting", 2019) as one self-contained page: the verdict first,
 * then everything it rests on. Rendered from facts alone: the same facts give the same bytes, and nothing is computed that
 * the JSON does not say.
 */
export function modelCard(facts: CardFacts): string {
  const { manifest, hash } = facts
  const { name, synthetic } = manifest.data
  return page({
    title: `${name}: model card`,
    heading: verdictHeading(facts),
    eyebrow: html`<b>foryou</b> · model card · <bdi>${name}</bdi>${synthetic && ', a synthetic world'} · bundle <span class="code">${hash.slice(0, 12)}</span>`,
    lead: verdictLead(facts),
    sections: [
      modelsSection(facts),
      costSection(facts),
      segmentsSection(facts),
      rankerSection(facts),
      biasSection(facts),
      examplesSection(facts),
      gateSection(facts),
      dataSection(facts),
      repeatSection(facts),
    ],
    footer: html`<p>Every figure comes from <span class="code">report.json</span> and the signed manifest. Rankings were made by the browser's own ranker from the decoded bytes that ship. This page asks for nothing and holds no script.</p>`,
  })
}
