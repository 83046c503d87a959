import { toJsonSchema } from '@valibot/to-json-schema'
import type * as v from 'valibot'
import { RulesGiven } from '../../shared/delivery/api.ts'
import { ADMIN_PROBLEMS, type Bodies, type Operation } from '../../shared/delivery/operation.ts'
import { OPERATIONS, operationOf } from '../../shared/delivery/operations.ts'
import {
  PROBLEM_STATUS,
  type ProblemCode,
  ProblemSchema,
  STATUS_TITLES,
} from '../../shared/delivery/problem.ts'
import { RulesSchema } from '../../shared/domain/rules.ts'

type Json = Record<string, unknown>

/** Where the built site has the description. */
export const API_FILE = 'openapi.json'
const VERSION = '1.0.0'
const PROBLEM_REF = { $ref: '#/components/schemas/Problem' }
const MEDIA_PROBLEM = 'application/problem+json'

/**
 * The description of the edge API (OpenAPI 3.1), made from the table by which the Worker routes and checks. It is a file of
 * the built site: describing itself costs the Worker no time.
 */
export function openApi(): Json {
  const paths: Record<string, Json> = {}
  for (const [name, { path, method }] of Object.entries(OPERATIONS)) {
    const item = paths[path] ?? {}
    item[method.toLowerCase()] = describe(name, operationOf(name as keyof typeof OPERATIONS))
    paths[path] = item
  }
  return {
    openapi: '3.1.0',
    info: {
      title: 'foryou edge',
      version: VERSION,
      description:
        'Hands out signed bundles, and changes what is live. Every GET also answers HEAD, and OPTIONS where no token is needed.',
      license: { name: 'MIT', identifier: 'MIT' },
    },
    servers: [{ url: '/' }],
    paths,
    components: {
      schemas: { Problem: schemaOf(ProblemSchema, 'output') },
      securitySchemes: {
        token: {
          type: 'http',
          scheme: 'bearer',
          description: 'An admin token with one of the scopes of the operation.',
        },
      },
    },
  }
}

function describe(name: string, operation: Operation): Json {
  const { summary, scopes, params, query, request, answers, problems } = operation
  const parameters = [...parametersOf(params, 'path'), ...parametersOf(query, 'query')]
  return {
    operationId: name,
    summary,
    tags: [scopes ? 'admin' : 'public'],
    ...(scopes
      ? { security: [{ token: [] }], description: `Scopes: ${scopes.join(' or ')}.` }
      : { security: [] }),
    ...(parameters.length > 0 && { parameters }),
    ...(request && { requestBody: { required: true, content: contentOf(request, 'input') } }),
    responses: { ...answersOf(answers, scopes === undefined), ...problemsOf(problems, scopes !== undefined) },
  }
}

function parametersOf(schemas: Operation['params'] = {}, where: 'path' | 'query'): Json[] {
  return Object.entries(schemas).map(([name, schema]) => ({
    name,
    in: where,
    required: where === 'path' || schema.type !== 'optional',
    schema: schemaOf(schema, 'input'),
  }))
}

function answersOf(answers: Operation['answers'], isPublic: boolean): Json {
  const described = Object.entries(answers).map(([status, bodies]) => [
    status,
    { description: ANSWERS[Number(status)] ?? 'Done.', content: contentOf(bodies, 'output') },
  ])
  const unchanged = {
    304: { description: 'Not modified: the entity tag in If-None-Match is the current one.' },
  }
  return { ...Object.fromEntries(described), ...(isPublic && unchanged) }
}

const ANSWERS: Readonly<Record<number, string>> = {
  200: 'Done, or what was asked for.',
  201: 'Stored; it was not there before.',
  202: 'Waits for a second person.',
}

function problemsOf(problems: readonly ProblemCode[], isAdmin: boolean): Json {
  const codes = new Map<number, ProblemCode[]>()
  for (const code of new Set([...problems, ...(isAdmin ? ADMIN_PROBLEMS : (['internal'] as const))])) {
    const status = PROBLEM_STATUS[code]
    codes.set(status, [...(codes.get(status) ?? []), code])
  }
  return Object.fromEntries(
    [...codes].map(([status, ofStatus]) => [
      status,
      {
        description: `${STATUS_TITLES[status]}: ${ofStatus.join(', ')}.`,
        ...(status === 429 && {
          headers: { 'Retry-After': { schema: { type: 'integer' }, required: true } },
        }),
        content: { [MEDIA_PROBLEM]: { schema: PROBLEM_REF } },
      },
    ]),
  )
}

function contentOf(bodies: Bodies, typeMode: 'input' | 'output'): Json {
  return Object.fromEntries(
    Object.entries(bodies).map(([type, schema]) => [
      type,
      schema ? { schema: schemaOf(schema, typeMode) } : {},
    ]),
  )
}

/** As far as a description can say it: what rules must not be to each other it cannot. */
function rulesSchema(typeMode: 'input' | 'output') {
  const { $schema: _, ...json } = toJsonSchema(RulesSchema, {
    target: 'draft-2020-12',
    typeMode,
    errorMode: 'ignore',
  })
  return json
}

/** @param typeMode what is sent, or what is answered */
function schemaOf(schema: v.GenericSchema, typeMode: 'input' | 'output'): Json {
  const { $schema: _, ...json } = toJsonSchema(schema, {
    target: 'draft-2020-12',
    typeMode,
    overrideSchema: ({ valibotSchema }) => (valibotSchema === RulesGiven ? rulesSchema(typeMode) : undefined),
    overrideAction: ({ valibotAction, jsonSchema }) =>
      valibotAction.type === 'safe_integer' ? { ...jsonSchema, type: 'integer' } : undefined,
  })
  return json as Json
}
