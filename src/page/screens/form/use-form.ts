/** What a person has entered, and what the console says about it. */

import { useState } from 'preact/hooks'
import type { Api } from '../../../console/api/schemas.generated.ts'
import { client } from '../../state/console.ts'
import { useCheck, type Check } from '../../state/use-check.ts'
import { checksOf, problemsOfStep, stepOfField, type StepId } from '../../form/steps.ts'
import { withValue, type Document } from '../../view/documents.ts'
import type { FormTools } from './form-tools.ts'

const TYPING_MS = 300

interface Entered {
  name: string
  document: Document
}

type Problem = Api<'FieldProblem'>

export interface FormOptions {
  forms: Api<'Forms'>
  entered: Entered
  /** See FormTools. */
  base: Document
  isNew: boolean
  secrets: readonly Api<'Secret'>[]
  stored: Api<'Stored'>
  step: StepId
  /** Whether a problem counts. By default each does. */
  accepts?: (problem: Problem) => boolean
  /** Gets the newest of what was entered, because requests take their time. */
  onChange: (make: (before: Entered) => Entered) => void
}

export interface Form {
  tools: FormTools
  /** The validation of what was typed. */
  check: Check<Api<'Validation'>>
  /** The problems of steps as the console sees them now. Shows them. */
  validate: (steps: readonly StepId[]) => Promise<Problem[]>
}

/** What was validated when a person wanted to go on. */
interface Asked {
  /** The request without its steps. */
  request: string
  checks: readonly Api<'Step'>[]
  problems: Problem[]
}

function requestOf({ entered, isNew, stored }: FormOptions): Api<'ValidationRequest'> {
  const { name, document } = entered
  return { document, ...stored, ...(isNew && { name }) }
}

function useProblems(options: FormOptions) {
  const { step, accepts = () => true } = options
  const request = requestOf(options)
  const check = useCheck<Api<'Validation'>>(
    '/checks/validation',
    { ...request, steps: checksOf([step]) },
    { waitMs: TYPING_MS },
  )
  const [asked, setAsked] = useState<Asked>()
  const isAsked =
    asked?.request === JSON.stringify(request) &&
    checksOf([step]).every((one) => asked.checks.includes(one))
  const problems = isAsked ? asked.problems : (check.result?.problems ?? [])
  const ask = async (steps: readonly StepId[]) => {
    const checks = checksOf(steps)
    const { body } = await client.request<Api<'Validation'>>('/checks/validation', {
      method: 'POST',
      body: { ...request, steps: checks },
    })
    setAsked({ request: JSON.stringify(request), checks, problems: body.problems })
    return body.problems.filter(accepts)
  }
  return { check, problems: problems.filter(accepts), ask }
}

export function useForm(options: FormOptions): Form {
  const { forms, entered, base, isNew, secrets, stored, step, onChange } = options
  const [touched, setTouched] = useState<ReadonlySet<string>>(new Set())
  /** Steps whose problems are all shown, because a person wanted to leave them. */
  const [shown, setShown] = useState<ReadonlySet<StepId>>(new Set())
  const { check, problems, ask } = useProblems(options)
  const found = problemsOfStep(problems, step)
  const visible = found.filter(({ field }) => touched.has(field) || shown.has(step))
  const tools: FormTools = {
    forms,
    ...entered,
    base,
    isNew,
    secrets,
    stored,
    problems: new Map(visible.map(({ field, message }) => [field, message])),
    rename: (name) => onChange((before) => ({ ...before, name })),
    change: (path, value) =>
      onChange((before) => ({
        ...before,
        document: withoutEmpty(withValue(before.document, path, value), secrets),
      })),
    touch: (path) => setTouched((before) => new Set([...before, path])),
  }
  const validate = async (steps: readonly StepId[]) => {
    const all = await ask(steps)
    const wanted = all.filter((problem) =>
      steps.some((one) => problemsOfStep([problem], one).length > 0),
    )
    // The step that the person is sent to shows them too.
    const others = wanted.map(({ field }) => stepOfField(field))
    setShown((before) => new Set([...before, ...steps, ...others]))
    return wanted
  }
  return { tools, check, validate }
}

/** An empty webhook is none, unless the console has stored its address. */
function withoutEmpty(document: Document, secrets: readonly Api<'Secret'>[]): Document {
  const { notify, ...others } = document
  const isEmpty = typeof notify === 'object' && notify !== null && Object.keys(notify).length === 0
  const isStored = secrets.some(({ field, is_set }) => field === 'notify.url' && is_set)
  return isEmpty && !isStored ? others : document
}
