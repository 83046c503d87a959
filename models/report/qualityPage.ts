import { basename } from 'node:path'
import type { CountedBin, DataQuality, Readiness, RuleResult } from '../quality/dataQuality.ts'
import { factSections, faultLine, limitWords } from '../quality/factLines.ts'
import { dataTable, factTiles } from './dataTable.ts'
import { figure } from './figure.ts'
import { type Html, html } from './html.ts'
import { count, dayText, fixed, percent } from './numberText.ts'
import { type PageSection, page } from './page.ts'
import { svgHistogram } from './svgHistogram.ts'
import { svgLines } from './svgLines.ts'

const DAY_MS = 86_400_000

/** The quality of a data set as a self-contained page: verdict first, then rules with their lines, then all that was measured. */
export function qualityPage(quality: DataQuality): string {
  const { name, verdict, volume, time, rows, used, files } = quality
  const broken = quality.rules.filter((rule) => rule.broken)
  return page({
    title: `Data quality: ${name}`,
    eyebrow: html`Data quality of <b>${name}</b>`,
    heading: verdict.slice(0, verdict.indexOf(': ')),
    lead: html`<p class="lead">${afterColon(verdict)}</p>${factTiles([
      ['rows', count(rows), used === rows ? 'all of them used' : `${count(used)} used`],
      ['users', count(volume.users), `median ${count(volume.perUser.median)} interactions`],
      ['items', count(volume.items), `median ${count(volume.perItem.median)} interactions`],
      ['density', percent(volume.density, 2), 'of all pairs'],
      ['span', time ? `${fixed(time.days, 0)} days` : 'no times', time && `until ${dayText(time.last)}`],
      ['broken rules', count(broken.length), `of ${count(quality.rules.length)}`],
    ])}`,
    sections: [
      rulesSection(quality),
      readinessSection(quality),
      spreadSection(quality),
      ...measured(quality),
    ],
    footer: html`${files.length > 0 ? files.map((file) => basename(file)).join(', ') : 'Built in, no file.'} · <code>foryou validate</code>`,
  })
}

/** The heading has said the rest already. */
function afterColon(verdict: string): string {
  const text = verdict.slice(verdict.indexOf(': ') + 2)
  return `${text[0]!.toUpperCase()}${text.slice(1)}`
}

function rulesSection(quality: DataQuality): PageSection {
  const file = basename(quality.files[0] ?? '')
  return {
    id: 'rules',
    heading: 'Rules',
    body: [
      dataTable(
        'rules-table',
        'What was measured against each limit',
        [{ heading: 'rule' }, { heading: '' }, { heading: 'measured' }],
        quality.rules.map((rule) => ({
          cells: [
            html`<code>${rule.rule}</code>`,
            stateOf(rule),
            html`${rule.actual === null && 'not measured: '}${rule.text}<small>${limitWords(rule)}</small>`,
          ],
          chosen: rule.broken && rule.severity === 'fail',
        })),
      ),
      quality.rules
        .filter((rule) => rule.broken && rule.faults.length > 0)
        .map((rule) => faultsOf(rule, file)),
    ],
  }
}

function stateOf({ broken, severity, actual }: RuleResult): Html {
  if (actual === null) return html`<span class="pill">–</span>`
  if (!broken) return html`<span class="pill good">ok</span>`
  return severity === 'fail'
    ? html`<span class="pill bad">fails</span>`
    : html`<span class="pill">warns</span>`
}

function faultsOf(rule: RuleResult, file: string): Html {
  const more = rule.count - rule.faults.length
  const lines = rule.faults.map((fault) => faultLine(file, fault))
  return html`<h3>Lines at fault: <code>${rule.rule}</code></h3><pre>${lines.join('\n')}${more > 0 ? `\nand ${count(more)} more` : ''}</pre>`
}

function readinessSection({ readiness }: DataQuality): PageSection {
  const words: Readonly<Record<Readiness['ready'], Html>> = {
    yes: html`<span class="pill good">yes</span>`,
    weak: html`<span class="pill">weak</span>`,
    no: html`<span class="pill bad">no</span>`,
  }
  return {
    id: 'readiness',
    heading: 'What this data can support',
    body: dataTable(
      'readiness-table',
      'What is there, and what it would take',
      [{ heading: 'what' }, { heading: '' }, { heading: 'because' }],
      readiness.map(({ what, ready, why, takes }) => ({
        cells: [what, words[ready], html`${why}${takes && html`<small>it takes ${takes}</small>`}`],
      })),
    ),
  }
}

function spreadSection({ distributions, values, name }: DataQuality): PageSection {
  const { perUser, perItem, overTime } = distributions
  return {
    id: 'spread',
    heading: 'How interactions are spread',
    body: [
      overTime && timePlot(overTime, name),
      histogram('per-user', 'users', 'interactions of a user', perUser),
      histogram('per-item', 'items', 'interactions with an item', perItem),
      values && histogram('values', 'interactions', values.measure, distributions.values),
    ],
  }
}

function timePlot(
  { from, stepDays, counts }: NonNullable<DataQuality['distributions']['overTime']>,
  name: string,
): Html {
  const days = counts.map((_, i) => from + i * stepDays * DAY_MS)
  const what = stepDays === 1 ? 'a day' : `in ${stepDays} days`
  return figure('over-time', `Interactions ${what}, UTC. The last point may be cut short.`, (width, id) =>
    svgLines(
      days,
      [{ name: 'interactions', values: counts }],
      {
        id,
        title: `Interactions of ${name} over time`,
        description: `${counts.length} points from ${dayText(days[0]!)} to ${dayText(days.at(-1)!)}, at most ${count(Math.max(...counts))} ${what}.`,
        axis: `interactions ${what}`,
        format: fixed,
        area: true,
      },
      width,
    ),
  )
}

function histogram(id: string, axis: string, binAxis: string, bins: readonly CountedBin[]): Html {
  const most = bins.reduce((best, bin) => (bin.count > best.count ? bin : best), { label: '–', count: 0 })
  const description = `Most ${axis}, ${count(most.count)}, are at ${most.label}.`
  return figure(
    id,
    `${axis[0]!.toUpperCase()}${axis.slice(1)} by ${binAxis}. ${description}`,
    (width, plot) =>
      svgHistogram(
        bins.map(({ label, count: value }) => ({ label, value })),
        { id: plot, title: `${axis} by ${binAxis}`, description, axis, binAxis, format: fixed },
        width,
      ),
  )
}

function measured(quality: DataQuality): PageSection[] {
  return factSections(quality).map(({ heading, facts }) => {
    const id = heading.toLowerCase().replace(/[^a-z]+/g, '-')
    return {
      id,
      heading,
      body: dataTable(
        `${id}-table`,
        'As it was measured',
        [{ heading: 'what' }, { heading: 'measured' }],
        facts.map(([label, text]) => ({ cells: [label, text] })),
      ),
    }
  })
}
