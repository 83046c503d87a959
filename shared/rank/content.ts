import type { Bundle, SparseRows } from '../bundle/openBundle.ts'
import { type Generator, rawScore } from './generator.ts'
import type { HistoryView } from './historyView.ts'
import { TopK } from './topK.ts'

/**
 * Content similarity: score_i = Σ_h w_h · ⟨c_h, c_i⟩ with c the TF-IDF rows of the items' attributes (Salton & Buckley
 * 1988), all integers. Needs no other visitor, so a new item can be recommended on its first day.
 */
export function content(bundle: Bundle): Generator<'content'> | null {
  const rows = bundle.content
  if (!rows) return null
  const postings = invert(rows, rows.vocabulary.values.length)
  const { items } = bundle
  const totals = new Float64Array(items)

  return {
    name: 'content',
    score(view) {
      const query = termQuery(rows, view)
      const of = (item: number) => {
        let sum = 0
        for (let e = rows.offsets[item]!; e < rows.offsets[item + 1]!; e++) {
          sum += (query.get(rows.columns[e]!) ?? 0) * rows.weights[e]!
        }
        return sum
      }
      return {
        of: (item) => rawScore('content', of(item)),
        top(k, excluded) {
          totals.fill(0)
          for (const [term, weight] of query) {
            for (let e = postings.offsets[term]!; e < postings.offsets[term + 1]!; e++) {
              totals[postings.columns[e]!]! += weight * postings.weights[e]!
            }
          }
          const best = new TopK(k)
          for (let i = 0; i < items; i++) {
            if (totals[i]! > 0 && totals[i]! >= best.threshold && !excluded(i)) best.offer(i, totals[i]!)
          }
          const drained = best.drain()
          return { items: drained.items, scores: Array.from(drained.scores, (s) => rawScore('content', s)) }
        },
      }
    },
    contribution(view, h, item) {
      const from = view.numbers[h]!
      let sum = 0
      for (let a = rows.offsets[from]!; a < rows.offsets[from + 1]!; a++) {
        for (let b = rows.offsets[item]!; b < rows.offsets[item + 1]!; b++) {
          if (rows.columns[a] === rows.columns[b]) sum += rows.weights[a]! * rows.weights[b]!
        }
      }
      return sum * view.weights[h]!
    },
  }
}

/** Term → Σ_h w_h · c_h,term */
function termQuery(rows: SparseRows, view: HistoryView): Map<number, number> {
  const query = new Map<number, number>()
  for (let h = 0; h < view.numbers.length; h++) {
    const item = view.numbers[h]!
    for (let e = rows.offsets[item]!; e < rows.offsets[item + 1]!; e++) {
      const term = rows.columns[e]!
      if (rows.weights[e] === 0) continue
      query.set(term, (query.get(term) ?? 0) + view.weights[h]! * rows.weights[e]!)
    }
  }
  return query
}

/** Term → items that carry it. */
function invert(rows: SparseRows, terms: number): SparseRows {
  const offsets = new Uint32Array(terms + 1)
  for (const [e, term] of rows.columns.entries()) if (rows.weights[e]! > 0) offsets[term + 1]!++
  for (let t = 0; t < terms; t++) offsets[t + 1]! += offsets[t]!
  const cursor = offsets.slice(0, terms)
  const columns = new Uint32Array(offsets[terms]!)
  const weights = new Uint8Array(offsets[terms]!)
  for (let i = 0; i + 1 < rows.offsets.length; i++) {
    for (let e = rows.offsets[i]!; e < rows.offsets[i + 1]!; e++) {
      if (rows.weights[e] === 0) continue // there for filters only
      const at = cursor[rows.columns[e]!]!++
      columns[at] = i
      weights[at] = rows.weights[e]!
    }
  }
  return { offsets, columns, weights }
}
