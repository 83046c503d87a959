import * as v from 'valibot'
import { ADMIN_PROBLEMS, type Operation } from '../../shared/delivery/operation.ts'
import { OPERATIONS, operationOf } from '../../shared/delivery/operations.ts'
import { PROBLEM_STATUS, type ProblemCode, ProblemSchema } from '../../shared/delivery/problem.ts'

const operations = Object.keys(OPERATIONS).map((name) => {
  const operation = operationOf(name as keyof typeof OPERATIONS)
  const pattern = operation.path.replaceAll('.', '\\.').replace('{path}', '.+').replace('{sha256}', '[^/]+')
  return { ...operation, pattern: new RegExp(`^${pattern}$`) }
})

/**
 * Throws where an answer is not one that its operation declares: every test of the Worker thereby tests the published
 * description as well.
 */
export function conforms(method: string, path: string, status: number, type: string | null, text: string) {
  const asked = method === 'HEAD' ? 'GET' : method
  const operation = operations.find(
    (known) => known.method === asked && known.pattern.test(path.split('?')[0]!),
  )
  if (!operation) return
  const fault = faultOf(operation, status, type?.split(';')[0] ?? '', text, method === 'HEAD')
  if (fault) throw new Error(`${method} ${path} answered ${status}: ${fault}\n${text.slice(0, 500)}`)
}

function faultOf(
  operation: Operation,
  status: number,
  type: string,
  text: string,
  isHead: boolean,
): string | null {
  const { answers, problems, scopes } = operation
  if (status === 304 && !scopes) return null
  const answer = answers[status]
  if (answer) {
    if (!Object.hasOwn(answer, type)) return `the type ${type} is not declared`
    const schema = answer[type]
    if (!schema || isHead || !scopes) return null
    const strict =
      schema.type === 'object'
        ? v.strictObject((schema as v.ObjectSchema<v.ObjectEntries, undefined>).entries)
        : schema
    return v.is(strict, JSON.parse(text)) ? null : 'the body is not the declared one'
  }
  if (type !== 'application/problem+json') return 'neither a declared answer nor a problem'
  if (isHead) return null
  const { code, status: told } = v.parse(ProblemSchema, JSON.parse(text))
  if (told !== status || PROBLEM_STATUS[code as ProblemCode] !== status)
    return 'the status is not that of the code'
  const declared = [...problems, ...(scopes ? ADMIN_PROBLEMS : ['internal' as const])]
  return declared.includes(code as ProblemCode) ? null : `the problem ${code} is not declared`
}
