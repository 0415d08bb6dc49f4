/** The steps of the form of a connection. Pure. */

import type { Api } from '../../console/api/schemas.generated.ts'

export interface FormStep {
  id: StepId
  title: string
  /** What the console validates in this step. */
  checks: readonly Api<'Step'>[]
}

export type StepId = 'name' | 'source' | 'destination' | 'resources' | 'schedule' | 'review'

export const FORM_STEPS: readonly FormStep[] = [
  { id: 'name', title: 'Name', checks: ['name'] },
  { id: 'source', title: 'API key', checks: ['source'] },
  { id: 'destination', title: 'Destination', checks: ['destination'] },
  { id: 'resources', title: 'Streams', checks: ['destination', 'resources'] },
  { id: 'schedule', title: 'Schedule', checks: ['schedule', 'notify'] },
  {
    id: 'review',
    title: 'Review',
    checks: ['name', 'source', 'destination', 'resources', 'schedule', 'notify'],
  },
]

/** Settings of the destination that the step of the streams asks for. */
const TABLE_FIELDS = ['destination.table_prefix', 'destination.default_target_schema']

export function isStepId(text: string): text is StepId {
  return FORM_STEPS.some(({ id }) => id === text)
}

export function stepAt(id: StepId): FormStep {
  const found = FORM_STEPS.find((step) => step.id === id)
  if (!found) throw new Error(`no step ${id}`)
  return found
}

/** What the console validates in these steps. */
export function checksOf(ids: readonly StepId[]): Api<'Step'>[] {
  return [...new Set(ids.flatMap((id) => stepAt(id).checks))]
}

/** The step before (-1) or after (1). Undefined when there is none. */
export function neighbourOf(id: StepId, offset: -1 | 1): StepId | undefined {
  return FORM_STEPS[FORM_STEPS.findIndex((step) => step.id === id) + offset]?.id
}

/** The step that has a field. Problems of the whole document belong to the review. */
export function stepOfField(field: string): StepId {
  if (TABLE_FIELDS.includes(field)) return 'resources'
  const [section = ''] = field.split('.')
  if (section === 'notify') return 'schedule'
  return isStepId(section) ? section : 'review'
}

/** The problems that a step shows. */
export function problemsOfStep(
  problems: readonly Api<'FieldProblem'>[],
  id: StepId,
): Api<'FieldProblem'>[] {
  return problems.filter(({ field }) => id === 'review' || stepOfField(field) === id)
}
