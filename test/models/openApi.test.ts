import { Validator } from '@seriousme/openapi-schema-validator'
import { expect, it } from 'vitest'
import { openApi } from '../../models/publish/openApi.ts'
import { OPERATIONS, operationOf } from '../../shared/delivery/operations.ts'
import { PROBLEM_STATUS, STATUS_TITLES } from '../../shared/delivery/problem.ts'
import { routes } from '../../shared/domain/routes.ts'

interface Described {
  readonly operationId: string
  readonly security: readonly object[]
  readonly parameters?: readonly { readonly name: string; readonly in: string }[]
  readonly requestBody?: { readonly content: Record<string, { readonly schema?: object }> }
  readonly responses: Record<string, { readonly content?: object }>
}
const described = openApi()
const paths = described.paths as Record<string, Record<string, Described>>

it('is valid OpenAPI 3.1', async () => {
  const check = async (document: object) => new Validator().validate(structuredClone(document) as never)
  expect(await check(described)).toEqual({ valid: true })
  const broken = structuredClone(paths)
  Object.assign(broken[routes.head]!.get!, { responses: 'none' })
  expect((await check({ ...described, paths: broken })).valid).toBe(false)
})

it('describes every operation once, every path parameter of it, and every status that it can have', () => {
  const found = Object.entries(paths).flatMap(([path, item]) =>
    Object.entries(item).map(([method, operation]) => ({ path, method, ...operation })),
  )
  expect(found.map(({ operationId }) => operationId).sort()).toEqual(Object.keys(OPERATIONS).sort())
  for (const { path, method, operationId, parameters = [], responses, security } of found) {
    const operation = operationOf(operationId as keyof typeof OPERATIONS)
    expect({ path, method: method.toUpperCase() }).toEqual({ path: operation.path, method: operation.method })
    const named = Array.from(path.matchAll(/\{(\w+)\}/g), ([, name]) => name)
    expect(parameters.filter((parameter) => parameter.in === 'path').map(({ name }) => name)).toEqual(named)
    expect(security.length > 0).toBe(path.startsWith('/v1/admin/'))
    const statuses = new Set(operation.problems.map((code) => PROBLEM_STATUS[code]))
    for (const status of [...statuses, ...Object.keys(operation.answers)])
      expect(responses).toHaveProperty(String(status))
  }
})

it('takes whole numbers for whole numbers, and says what a name is', () => {
  const schema = paths[routes.admin.canary]!.post!.requestBody!.content['application/json']!.schema
  expect(schema).toMatchObject({
    required: ['op', 'manifest', 'permille'],
    properties: {
      manifest: { type: 'string', pattern: '^[0-9a-f]{64}$' },
      permille: { type: 'integer', minimum: 0, maximum: 1000 },
    },
  })
})

it('names every status', () => {
  for (const status of Object.values(PROBLEM_STATUS)) expect(STATUS_TITLES[status]).toBeTruthy()
})
