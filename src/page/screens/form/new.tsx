/** A new connection in five steps and a last look. */

import { useEffect, useState } from 'preact/hooks'
import type { Api } from '../../../console/api/schemas.generated.ts'
import { toFailure, type ApiFailure } from '../../api/client.ts'
import { Failure, Loaded, Skeleton } from '../../components/notice.tsx'
import { Page } from '../../components/page.tsx'
import type { FormData } from '../../form/draft.ts'
import { neighbourOf, stepOfField, type StepId } from '../../form/steps.ts'
import type { Route } from '../../router/route.ts'
import { openScreen } from '../../router/use-route.ts'
import { cache, client, say, sayFailure } from '../../state/console.ts'
import { useAction } from '../../state/use-action.ts'
import { useResponse } from '../../state/use-response.ts'
import { deleteDraft, startRun } from '../connections/actions.ts'
import { forgetForm, keepForm, loadForm, saveDraft, type LoadedForm } from './draft-storage.ts'
import { StepFields } from './steps/step-fields.tsx'
import { focusFirstProblem, StepFrame, StepsNav } from './steps-nav.tsx'
import { useForm, type Form } from './use-form.ts'

function routeOf(step: StepId): Route {
  return { screen: 'new', step }
}

interface WizardProps {
  forms: Api<'Forms'>
  loaded: LoadedForm
  step: StepId
}

/** Creates the connection, then starts its first run if that is wanted. */
async function create({ name, document, draft }: FormData, runs: boolean): Promise<void> {
  const body = { name, document, ...(draft !== null && { draft }) }
  await client.request('/connections', { method: 'POST', body })
  forgetForm()
  cache.refresh(['/connections', '/drafts', '/workspace', '/destinations'])
  say(`The connection ${name} is created.`)
  openScreen({ screen: 'connection', name })
  // The form is gone by then, so the error of the run has no other place.
  if (runs) await startRun(name).catch((error: unknown) => sayFailure(toFailure(error)))
}

function useWizard({ forms, loaded, step }: WizardProps) {
  const [data, setData] = useState(loaded.form)
  const [secrets, setSecrets] = useState(loaded.secrets)
  const change = (changed: FormData) => {
    setData(changed)
    keepForm(forms, changed)
  }
  const form = useForm({
    forms,
    entered: data,
    isNew: true,
    secrets,
    stored: data.draft === null ? {} : { draft: data.draft },
    step,
    onChange: (entered) => change({ ...data, ...entered }),
  })
  const goOn = useAction(async () => {
    if ((await form.validate(step)).length > 0) {
      focusFirstProblem()
      return
    }
    const draft = await saveDraft(data)
    setSecrets(draft.secrets)
    change({ ...data, draft: draft.name })
    openScreen(routeOf(neighbourOf(step, 1) ?? 'review'))
  })
  return { data, form, goOn }
}

/** Forgets what was entered, in the tab and at the console. */
async function discard({ draft }: FormData): Promise<void> {
  if (draft !== null) await deleteDraft(draft)
  forgetForm()
  openScreen({ screen: 'connections' })
}

/** Opens the step with the first problem. */
async function refuse(form: Form): Promise<boolean> {
  const [first] = await form.validate('review')
  if (!first) return false
  openScreen(routeOf(stepOfField(first.field)))
  return true
}

function LastButtons({ data, form }: { data: FormData; form: Form }) {
  const { run, isRunning, failure } = useAction(async (runs: boolean) => {
    if (!(await refuse(form))) await create(data, runs)
  })
  return (
    <>
      {failure && <Failure failure={failure} />}
      <button type="button" disabled={isRunning} onClick={() => void run(false)}>
        Create
      </button>
      <button type="button" class="primary" disabled={isRunning} onClick={() => void run(true)}>
        Create and sync now
      </button>
    </>
  )
}

function Wizard(props: WizardProps) {
  const { step } = props
  const { data, form, goOn } = useWizard(props)
  const discarding = useAction(async () => discard(data))
  const failure = goOn.failure ?? discarding.failure
  const before = neighbourOf(step, -1)
  return (
    <form
      class="form"
      noValidate
      onSubmit={(event) => {
        event.preventDefault()
        if (step !== 'review') void goOn.run()
      }}
    >
      <StepsNav step={step} routeOf={routeOf} />
      <StepFrame step={step}>
        <StepFields step={step} tools={form.tools} review={{ routeOf }} />
        {failure && <Failure failure={failure} />}
        <div class="actions last">
          {before && (
            <button type="button" onClick={() => openScreen(routeOf(before))}>
              Back
            </button>
          )}
          {step === 'review' ? (
            <LastButtons data={data} form={form} />
          ) : (
            <button type="submit" class="primary" disabled={goOn.isRunning}>
              Continue
            </button>
          )}
          <button
            type="button"
            class="plain"
            disabled={discarding.isRunning}
            onClick={() => void discarding.run()}
          >
            Discard
          </button>
        </div>
        <p class="quiet">
          What you enter stays in this tab, without secrets. Continue stores it as a draft at the
          console.
        </p>
      </StepFrame>
    </form>
  )
}

function Loader({ forms, step }: { forms: Api<'Forms'>; step: StepId }) {
  const [loaded, setLoaded] = useState<LoadedForm>()
  const [failure, setFailure] = useState<ApiFailure>()
  useEffect(() => {
    loadForm(forms).then(setLoaded, (error: unknown) => setFailure(toFailure(error)))
  }, [])
  if (failure) return <Failure failure={failure} />
  return loaded ? <Wizard forms={forms} loaded={loaded} step={step} /> : <Skeleton />
}

export function NewScreen({ step }: { step: StepId }) {
  const { body, failure, again } = useResponse<Api<'Forms'>>('/forms')
  return (
    <Page
      title="New connection"
      parents={[{ title: 'Connections', route: { screen: 'connections' } }]}
    >
      <Loaded body={body} failure={failure} again={again}>
        {(forms) => <Loader forms={forms} step={step} />}
      </Loaded>
    </Page>
  )
}
