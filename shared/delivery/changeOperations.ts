import { routes } from '../domain/routes.ts'
import { CHANGES, type ChangeKind, PendingSchema, WrittenSchema } from './api.ts'
import { BODY_PROBLEMS, JSON_BODY, type Operation, type Scope } from './operation.ts'

const CHANGE_PROBLEMS = [
  ...BODY_PROBLEMS,
  'bad_usage',
  'bad_data',
  'not_found',
  'conflict',
  'rollback_refused',
  'expired',
  'sign_error',
  'hash_mismatch',
  'wrong_site',
] as const

/** A change of what is live, under the last part of its path. */
function change<K extends ChangeKind, const A extends Operation['answers']>(
  kind: K,
  summary: string,
  answers: A,
  scopes: readonly Scope[] = ['promote'],
) {
  return {
    method: 'POST',
    path: routes.admin[kind],
    summary,
    scopes,
    request: { [JSON_BODY]: CHANGES[kind] } as { [JSON_BODY]: (typeof CHANGES)[K] },
    answers,
    problems: CHANGE_PROBLEMS,
  } as const
}
const WRITTEN = { 200: { [JSON_BODY]: WrittenSchema } } as const
const PENDING = { ...WRITTEN, 202: { [JSON_BODY]: PendingSchema } } as const

/** Every change of the head, as a part of the table of operations. */
export const CHANGE_OPERATIONS = {
  promote: change(
    'promote',
    'Makes a published manifest the live one, or proposes it to a second person.',
    PENDING,
  ),
  approve: change('approve', 'Carries out what another person has proposed.', WRITTEN),
  canary: change('canary', 'Gives a published manifest to some visitors of a thousand; 0 ends it.', WRITTEN),
  rollback: change('rollback', 'Goes back to what was live before, or to a version that was.', WRITTEN),
  kill: change('kill', 'Turns recommendations off everywhere, or on again.', WRITTEN),
  overlay: change('overlay', 'Puts a published overlay over the live bundle, or takes it away.', WRITTEN),
  rules: change(
    'rules',
    "Sets the site's rules, or takes them away; a short document travels in the head. Naming popular lists needs promote.",
    WRITTEN,
    ['promote', 'rules'],
  ),
  refresh: change('refresh', 'Signs the live head again for seven days.', WRITTEN),
  restore: change('restore', 'Puts back what a kept head named.', WRITTEN),
} as const
