import * as v from 'valibot'
import { EnvelopeSchema } from '../bundle/envelope.ts'
import { Sha256 } from '../bundle/fields.ts'
import { KEPT_FILE, routes } from '../domain/routes.ts'
import {
  AuditSchema,
  CollectedSchema,
  CreatedSchema,
  GcRequest,
  KeptSchema,
  LiveRulesSchema,
  MissingRequest,
  MissingSchema,
  StatusSchema,
} from './api.ts'
import { CHANGE_OPERATIONS } from './changeOperations.ts'
import { BODY_PROBLEMS, JSON_BODY, type Operation, type Scope } from './operation.ts'

/** Without its question. */
const pathOf = (path: string) => path.split('?')[0]!
const SHA = '{sha256}'
const BYTES = { 'application/octet-stream': null }
const named = { sha256: Sha256 }
const CREATED = { 200: { [JSON_BODY]: CreatedSchema }, 201: { [JSON_BODY]: CreatedSchema } } as const
/**
 * Everything an edge answers, version 1. The Worker routes and checks by it, the command line's client sends and reads by
 * it, and the published description (openapi.json) is made from it.
 */
export const OPERATIONS = {
  head: {
    method: 'GET',
    path: routes.head,
    summary: 'What is live: the head, signed by the edge.',
    answers: { 200: { [JSON_BODY]: EnvelopeSchema } },
    problems: ['not_found', 'unavailable'],
  },
  document: {
    method: 'GET',
    path: routes.manifest(SHA),
    summary: 'A signed manifest or overlay, by the hash of its payload. Immutable.',
    params: named,
    answers: { 200: { [JSON_BODY]: EnvelopeSchema } },
    problems: ['not_found'],
  },
  blob: {
    method: 'GET',
    path: routes.blob(SHA),
    summary: 'A file of a bundle, by the hash of its bytes. Immutable.',
    params: named,
    answers: { 200: BYTES },
    problems: ['not_found'],
  },
  popular: {
    method: 'GET',
    path: routes.popular,
    summary: 'The list for everybody, as data.',
    answers: { 200: { [JSON_BODY]: v.record(v.string(), v.unknown()) } },
    problems: ['not_found', 'unavailable'],
  },
  popularHtml: {
    method: 'GET',
    path: routes.popularHtml,
    summary: 'The list for everybody, as a page without scripts.',
    answers: { 200: { 'text/html': null } },
    problems: ['not_found', 'unavailable'],
  },
  putBlob: {
    method: 'PUT',
    path: pathOf(routes.admin.blob(SHA, 'identity')),
    summary:
      'Stores a blob, or the Brotli body of one, once. A Brotli body needs its own hash in Content-Digest (RFC 9530).',
    scopes: ['publish'],
    params: named,
    query: { coding: v.optional(v.picklist(['identity', 'br'])) },
    request: BYTES,
    answers: CREATED,
    problems: ['bad_usage', 'not_supported', 'too_large', 'hash_mismatch'],
  },
  putDocument: {
    method: 'PUT',
    path: pathOf(routes.admin.document(SHA, 'manifest')),
    summary:
      'Stores a signed manifest or overlay; with coding=br, afterwards, its Brotli body with a Content-Digest.',
    scopes: ['publish'],
    params: named,
    query: {
      kind: v.optional(v.picklist(['manifest', 'overlay'])),
      coding: v.optional(v.literal('br')),
    },
    request: { [JSON_BODY]: EnvelopeSchema, ...BYTES },
    answers: CREATED,
    problems: [
      ...BODY_PROBLEMS,
      'bad_usage',
      'bad_data',
      'conflict',
      'expired',
      'sign_error',
      'hash_mismatch',
      'wrong_site',
    ],
  },
  kept: {
    method: 'GET',
    path: routes.admin.kept,
    summary: 'Names of the files of earlier loaders that are kept.',
    scopes: ['publish', 'read'],
    answers: { 200: { [JSON_BODY]: KeptSchema } },
    problems: [],
  },
  keepFile: {
    method: 'PUT',
    path: pathOf(routes.admin.keep('{path}', '')),
    summary: 'Keeps a file of a loader under its name, once.',
    scopes: ['publish'],
    params: { path: v.pipe(v.string(), v.regex(KEPT_FILE)) },
    query: { sha256: Sha256 },
    request: BYTES,
    answers: CREATED,
    problems: ['bad_usage', 'not_supported', 'too_large', 'hash_mismatch'],
  },
  missing: {
    method: 'POST',
    path: routes.admin.missing,
    summary: 'Which of the named blobs are still to be sent.',
    scopes: ['publish', 'read'],
    request: { [JSON_BODY]: MissingRequest },
    answers: { 200: { [JSON_BODY]: MissingSchema } },
    problems: BODY_PROBLEMS,
  },
  ...CHANGE_OPERATIONS,
  liveRules: {
    method: 'GET',
    path: routes.admin.rules,
    summary: "The site's rules that are live.",
    scopes: ['rules', 'read', 'promote'],
    answers: { 200: { [JSON_BODY]: LiveRulesSchema } },
    problems: ['not_found'],
  },
  status: {
    method: 'GET',
    path: routes.admin.status,
    summary: 'What the head does not say: versions to go back to, proposals, approvals, budgets.',
    scopes: ['read', 'promote', 'publish', 'rules'],
    answers: { 200: { [JSON_BODY]: StatusSchema } },
    problems: ['not_found'],
  },
  audit: {
    method: 'GET',
    path: pathOf(routes.admin.audit(1)),
    summary: 'The latest changes of what is live, newest first.',
    scopes: ['read', 'promote'],
    query: { limit: v.optional(v.pipe(v.number(), v.integer(), v.minValue(1), v.maxValue(1000))) },
    answers: { 200: { [JSON_BODY]: AuditSchema } },
    problems: [],
  },
  gc: {
    method: 'POST',
    path: routes.admin.gc,
    summary: 'Deletes what no head of the last 30 days or 10 versions names.',
    scopes: ['publish'],
    request: { [JSON_BODY]: GcRequest },
    answers: { 200: { [JSON_BODY]: CollectedSchema } },
    problems: [...BODY_PROBLEMS, 'conflict', 'not_found'],
  },
} as const satisfies Record<string, Operation>
export type OperationName = keyof typeof OPERATIONS

/** Those that need a token. */
export type AdminName = {
  [N in OperationName]: (typeof OPERATIONS)[N] extends { scopes: readonly Scope[] } ? N : never
}[OperationName]

/** The table without its literal types, for those who go through all of it. */
export const operationOf = (name: OperationName): Operation => OPERATIONS[name]

type JsonOf<B> = B extends { readonly 'application/json': infer S extends v.GenericSchema } ? S : never

/** The JSON body of a request, as the Worker has checked it. */
export type Body<N extends OperationName> = (typeof OPERATIONS)[N] extends { readonly request: infer R }
  ? v.InferOutput<JsonOf<R>>
  : undefined

type FieldsOf<F> =
  F extends Readonly<Record<string, v.GenericSchema>>
    ? { readonly [K in keyof F]: v.InferOutput<F[K]> }
    : Readonly<Record<never, never>>
/** What stands in the address, as the Worker has checked it. */
export type Fields<
  N extends OperationName,
  Part extends 'params' | 'query',
> = (typeof OPERATIONS)[N] extends {
  readonly [P in Part]: infer F
}
  ? FieldsOf<F>
  : Readonly<Record<never, never>>

/** The JSON body of an answer, whatever its status. */
export type Answer<N extends OperationName> = N extends OperationName
  ? AnswerIn<(typeof OPERATIONS)[N]['answers']>
  : never
type AnswerIn<A> = v.InferOutput<JsonOf<A[keyof A]>>
