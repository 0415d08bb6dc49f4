/** What a person has entered, and what the console says about it. */

import { useState } from 'preact/hooks'
import type { Api } from '../../../console/api/schemas.generated.ts'
import { client } from '../../state/console.ts'
import { useCheck } from '../../state/use-check.ts'
import { problemsOfStep, stepAt, type StepId } from '../../form/steps.ts'
import { withValue, type Document, type Value } from '../../view/documents.ts'
import type { FormTools } from './form-tools.ts'

const TYPING_MS = 300

interface Entered {
  name: string
  document: Document
}

export interface FormOptions {
  forms: Api<'Forms'>
  entered: Entered
  isNew: boolean
  secrets: readonly Api<'Secret'>[]
  stored: Api<'Stored'>
  step: StepId
  onChange: (entered: Entered) => void
}

export interface Form {
  tools: FormTools
  /** Whether the newest validation of this step is still to come. */
  isChecking: boolean
  /** The problems of a step as the console sees them now. Shows them. */
  validate: (step: StepId) => Promise<Api<'FieldProblem'>[]>
}

function requestOf({ entered, isNew, stored, step }: FormOptions): Api<'ValidationRequest'> {
  const { name, document } = entered
  return { document, steps: [...stepAt(step).checks], ...stored, ...(isNew && { name }) }
}

export function useForm(options: FormOptions): Form {
  const { forms, entered, isNew, secrets, stored, step, onChange } = options
  const [touched, setTouched] = useState<ReadonlySet<string>>(new Set())
  /** Steps whose problems are all shown, because a person wanted to leave them. */
  const [shown, setShown] = useState<ReadonlySet<StepId>>(new Set())
  const check = useCheck<Api<'Validation'>>('/checks/validation', requestOf(options), TYPING_MS)
  /** What the console said when a person wanted to go on. */
  const [asked, setAsked] = useState<{ request: string; problems: Api<'FieldProblem'>[] }>()
  const isAsked = asked?.request === JSON.stringify(requestOf(options))
  const problems = isAsked ? asked.problems : (check.result?.problems ?? [])
  const found = problemsOfStep(problems, step)
  const visible = found.filter(({ field }) => touched.has(field) || shown.has(step))
  const tools: FormTools = {
    forms,
    ...entered,
    isNew,
    secrets,
    stored,
    problems: new Map(visible.map(({ field, message }) => [field, message])),
    rename: (name) => onChange({ ...entered, name }),
    change: (path: string, value: Value | undefined) =>
      onChange({
        ...entered,
        document: withoutEmpty(withValue(entered.document, path, value), secrets),
      }),
    touch: (path) => setTouched((before) => new Set([...before, path])),
  }
  const validate = async (wanted: StepId) => {
    setShown((before) => new Set([...before, wanted]))
    const body = requestOf({ ...options, step: wanted })
    const response = await client.request<Api<'Validation'>>('/checks/validation', {
      method: 'POST',
      body,
    })
    setAsked({ request: JSON.stringify(body), problems: response.body.problems })
    return problemsOfStep(response.body.problems, wanted)
  }
  return { tools, isChecking: check.isRunning, validate }
}

/** An empty webhook is none, unless the console has stored its address. */
function withoutEmpty(document: Document, secrets: readonly Api<'Secret'>[]): Document {
  const { notify, ...others } = document
  const isEmpty = typeof notify === 'object' && notify !== null && Object.keys(notify).length === 0
  const isStored = secrets.some(({ field, is_set }) => field === 'notify.url' && is_set)
  return isEmpty && !isStored ? others : document
}
