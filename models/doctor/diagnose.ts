import { examineAdministration } from './examineAdministration.ts'
import { examineBundle } from './examineBundle.ts'
import { examineHead } from './examineHead.ts'
import { examineLoader } from './examineLoader.ts'
import { examinePage } from './examinePage.ts'
import { examineServing } from './examineServing.ts'
import { type Finding, PARTS } from './finding.ts'
import { createPatient, type PatientOptions } from './patient.ts'

export interface Diagnosis {
  /** By part, in the order of `PARTS`. */
  readonly findings: readonly Finding[]
  /** What visitors are kept from. */
  readonly bad: number
  readonly warnings: number
}

/**
 * Looks at a live deployment from outside, as visitors, embedding pages and those with a token do, and changes nothing. What a
 * head names is looked at only where a pinned key has signed it.
 */
export async function diagnose(options: PatientOptions): Promise<Diagnosis> {
  const patient = createPatient(options)
  const { found, head } = await examineHead(patient)
  const others = await Promise.all([
    head ? examineBundle(patient, head) : [],
    head ? examineServing(patient, head) : [],
    examineLoader(patient),
    head ? examineAdministration(patient) : [],
    options.page === undefined ? [] : examinePage(patient, options.page),
  ])
  const all = [...found, ...others.flat()]
  const findings = PARTS.flatMap((part) => all.filter((finding) => finding.part === part))
  const count = (state: Finding['state']) => findings.filter((finding) => finding.state === state).length
  return { findings, bad: count('bad'), warnings: count('warning') }
}
