import { verify } from '../../shared/bundle/envelope.ts'
import { parseEvaluatedManifest } from '../../shared/bundle/evaluation.ts'
import { sha256 } from '../../shared/bundle/hash.ts'
import type { BundleFile, Head, Manifest } from '../../shared/bundle/manifest.ts'
import { parseOverlay } from '../../shared/bundle/overlay.ts'
import { ForYouError } from '../../shared/domain/errors.ts'
import { API, routes } from '../../shared/domain/routes.ts'
import { examineFeatures, examineRanking } from './examineRanking.ts'
import { examineRules } from './examineRules.ts'
import { type Finding, findingsOf } from './finding.ts'
import { failure, type Patient } from './patient.ts'
import { bytesText, listed } from './wording.ts'

const PARALLEL = 6
const PUBLISH = 'Publish the bundle again: foryou publish DIR. What is there and good is left alone.'

/** All that the head names: documents, and every blob in both codings. */
export async function examineBundle(patient: Patient, head: Head): Promise<readonly Finding[]> {
  const report = findingsOf('Bundle')
  const { found, good, bad } = report
  const { active, canary, overlay } = head
  const files = new Map<string, BundleFile>()
  let live: Manifest | null = null
  for (const [check, name] of [
    ['manifest', active?.manifest],
    ['canary', canary?.manifest],
  ] as const) {
    if (name === undefined) continue
    try {
      const manifest = await readManifest(patient, name, head.site)
      good(check, `${name.slice(0, 12)}, signed by a pinned key, ${manifest.files.length} files`)
      for (const file of manifest.files) files.set(file.sha256, file)
      await examineFeatures(patient, manifest, report, check === 'manifest' ? 'features' : 'canary features')
      if (check === 'canary') continue
      describe(report, manifest)
      live = manifest
    } catch (error) {
      bad(check, problemOf(error), PUBLISH)
    }
  }
  if (overlay !== undefined) {
    try {
      const text = await readDocument(patient, 'overlay', overlay)
      parseOverlay(text)
      good('overlay', `${overlay.slice(0, 12)}, signed by a pinned key`)
    } catch (error) {
      bad('overlay', problemOf(error), 'Say it again: foryou items, or take it away.')
    }
  }
  await examineRules(patient, head, report)
  await examineBlobs(patient, [...files.values()], found, patient.base + API)
  if (live) await examineRanking(patient, live, report)
  if (head.blobBase !== undefined)
    await examineBlobs(patient, [...files.values()], found, head.blobBase, 'other blobs')
  await examinePopular(patient, head, found)
  return found
}

function describe({ expect }: ReturnType<typeof findingsOf>, manifest: Manifest): void {
  const { version, floor, kind } = manifest
  expect(version >= floor && kind === 'release', 'floor', 'its version lies above its floor', {
    text:
      kind === 'release'
        ? 'its version lies below its own floor: every visitor refuses it'
        : 'it is an evaluation bundle',
    mend: 'Train anew, and promote that.',
  })
}

async function readManifest(patient: Patient, name: string, site: string): Promise<Manifest> {
  const manifest = parseEvaluatedManifest(await readDocument(patient, 'manifest', name))
  if (manifest.site === site) return manifest
  throw new ForYouError('wrong_site', `it is for site "${manifest.site}"`)
}

async function readDocument(
  { ask, pins }: Patient,
  kind: 'manifest' | 'overlay',
  name: string,
): Promise<string> {
  const answer = await ask(routes.manifest(name))
  const failed = failure(answer)
  if (failed) throw new ForYouError('not_found', `${routes.manifest(name.slice(0, 12))}…: ${failed}`)
  const payload = await verify(kind, answer.text, pins)
  if ((await sha256(payload)) === name) return payload
  throw new ForYouError('hash_mismatch', 'it is not the one that the head names')
}

const problemOf = (error: unknown) => (error instanceof Error ? error.message : String(error))

/** Each file, with and without Brotli: there, of the right length, with the hash that the manifest names. */
async function examineBlobs(
  { ask }: Patient,
  files: readonly BundleFile[],
  found: Finding[],
  base: string,
  check = 'blobs',
): Promise<void> {
  const { good, bad, found: own } = findingsOf('Bundle')
  const wrong: string[] = []
  const waiting = files.values()
  const work = async () => {
    for (const { role, sha256: name, bytes } of waiting) {
      for (const coding of ['br', 'identity']) {
        const answer = await ask(`${base}/b/${name}`, { headers: { 'accept-encoding': coding } })
        const reason =
          failure(answer) ??
          (answer.bytes.length !== bytes
            ? `${answer.bytes.length} instead of ${bytes} bytes`
            : (await sha256(answer.bytes)) === name
              ? null
              : 'another hash')
        if (reason) wrong.push(`${role} (${coding}: ${reason})`)
      }
    }
  }
  await Promise.all(Array.from({ length: PARALLEL }, work))
  if (wrong.length > 0) bad(check, listed(wrong.sort()), PUBLISH)
  else if (files.length > 0) {
    const total = files.reduce((sum, { bytes }) => sum + bytes, 0)
    good(check, `all ${files.length}, ${bytesText(total)}, have their hashes in both codings`)
  }
  found.push(...own)
}

/** Not signed, but named by the head: what visitors without scripts, and first visits, see. */
async function examinePopular({ ask }: Patient, { active }: Head, found: Finding[]): Promise<void> {
  const { expect, found: own } = findingsOf('Bundle')
  for (const [check, path, name] of [
    ['popular list', routes.popular, active?.popularJson],
    ['popular page', routes.popularHtml, active?.popularHtml],
  ] as const) {
    if (name === undefined) continue
    const answer = await ask(path)
    const failed =
      failure(answer) ?? ((await sha256(answer.bytes)) === name ? null : 'not the one that the head names')
    expect(failed === null, check, `${path} is the one that the head names`, {
      state: 'warning',
      text: `${path}: ${failed}`,
      mend: 'Wait for a minute of cache; then promote again, or upload the folder again.',
    })
  }
  found.push(...own)
}
