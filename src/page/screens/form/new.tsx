/** A new connection in five steps and a last look. */

import { useEffect, useState } from 'preact/hooks'
import type { Api } from '../../../console/api/schemas.generated.ts'
import { toFailure } from '../../api/client.ts'
import { EditorForm } from '../../components/form.tsx'
import { Failure, Loaded, Notice, Skeleton } from '../../components/notice.tsx'
import { Page } from '../../components/page.tsx'
import { useQuestion } from '../../components/use-question.tsx'
import { emptyForm, isSameForm, type FormData } from '../../form/draft.ts'
import { neighbourOf, stepOfField, type StepId } from '../../form/steps.ts'
import type { Route } from '../../router/route.ts'
import { currentRoute, openScreen } from '../../router/use-route.ts'
import { cache, client, say, sayFailure } from '../../state/console.ts'
import { changeForm, forgetForm, keptForm, newForm, type NewForm } from '../../state/new-form.ts'
import { useStore } from '../../state/store.ts'
import { useAction } from '../../state/use-action.ts'
import { useResponse } from '../../state/use-response.ts'
import { deleteDraft, startRun } from '../connections/actions.ts'
import { keepOld, loadForm, mustAsk, saveDraft } from './draft-storage.ts'
import { OtherProblems } from './other-problems.tsx'
import { StepFields } from './steps/step-fields.tsx'
import { focusProblemOf, StepFrame, StepsNav } from './steps-nav.tsx'
import { useForm, type Form } from './use-form.ts'

function routeOf(step: StepId): Route {
  return { screen: 'new', step }
}

interface WizardProps {
  forms: Api<'Forms'>
  kept: NewForm
  step: StepId
}

/** Creates the connection, then starts its first run if that is wanted. */
async function create({ name, document, draft }: FormData, runs: boolean): Promise<void> {
  const body = { name, document, ...(draft !== null && { draft }) }
  await client.request('/connections', { method: 'POST', body })
  forgetForm()
  cache.refresh(['/connections', '/drafts', '/workspace', '/destinations'])
  say(`The connection ${name} is created.`)
  if (currentRoute().screen === 'new') openScreen({ screen: 'connection', name })
  // The form is gone by then, so the error of the run has no other place.
  if (runs) await startRun(name).catch((error: unknown) => sayFailure(toFailure(error)))
}

/** Opens the step of the first problem of some steps. Resolves with false without any. */
async function refuse(form: Form, steps: readonly StepId[]): Promise<boolean> {
  const [first] = await form.validate(steps)
  if (!first) return false
  const wanted = stepOfField(first.field)
  focusProblemOf(wanted)
  openScreen(routeOf(wanted))
  return true
}

function useWizard({ forms, kept, step }: WizardProps) {
  const { form: data, saved, secrets } = kept
  const form = useForm({
    forms,
    entered: data,
    base: saved.document,
    isNew: true,
    secrets,
    stored: data.draft === null ? {} : { draft: data.draft },
    step,
    onChange: (make) => changeForm(forms, (before) => ({ ...before, ...make(before) })),
  })
  const goOn = useAction(async () => {
    // The draft is stored under the name.
    if (await refuse(form, ['name', step])) return
    await saveDraft(forms)
    const route = currentRoute()
    if (route.screen === 'new' && route.step === step)
      openScreen(routeOf(neighbourOf(step, 1) ?? 'review'))
  })
  return { form, goOn }
}

/** Forgets what was entered, in the tab and at the console. */
async function discard({ draft }: FormData): Promise<void> {
  if (draft !== null) await deleteDraft(draft)
  openScreen({ screen: 'connections' })
  forgetForm()
}

/** Asks unless nothing was entered. */
function useDiscard({ forms, kept: { form } }: WizardProps) {
  const question = useQuestion({
    title: 'Discard this connection?',
    action: 'Discard it',
    text:
      form.draft === null
        ? 'What you entered is lost.'
        : `What you entered is lost, and the draft ${form.draft} at the console is deleted.`,
    act: async () => discard(form),
  })
  const isEmpty = form.draft === null && isSameForm(form, emptyForm(forms))
  return { ...question, ask: () => (isEmpty ? void discard(form) : question.ask()) }
}

function LastButtons({ data, form }: { data: FormData; form: Form }) {
  const { run, isRunning, failure } = useAction(async (runs: boolean) => {
    if (!(await refuse(form, ['review']))) await create(data, runs)
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
  const { step, kept } = props
  const { form, goOn } = useWizard(props)
  const discarding = useDiscard(props)
  const before = neighbourOf(step, -1)
  return (
    <EditorForm
      dialog={discarding.dialog}
      onSubmit={() => {
        if (step !== 'review') void goOn.run()
      }}
    >
      <StepsNav step={step} routeOf={routeOf} />
      <StepFrame step={step}>
        <StepFields step={step} tools={form.tools} review={{ routeOf }} />
        <OtherProblems step={step} tools={form.tools} check={form.check} />
        {goOn.failure && <Failure failure={goOn.failure} />}
        <div class="actions last">
          {before && (
            <button type="button" onClick={() => openScreen(routeOf(before))}>
              Back
            </button>
          )}
          {step === 'review' ? (
            <LastButtons data={kept.form} form={form} />
          ) : (
            <button type="submit" class="primary" disabled={goOn.isRunning}>
              Continue
            </button>
          )}
          <button type="button" class="plain" onClick={discarding.ask}>
            Discard
          </button>
        </div>
        <p class="quiet">
          This tab keeps what you enter, except secrets. Continue stores it as a draft at the
          console.
        </p>
      </StepFrame>
    </EditorForm>
  )
}

/** Opening another form would lose what was entered in the last one. */
function LastForm({ onContinue, onDiscard }: { onContinue: () => void; onDiscard: () => void }) {
  const name = keptForm()?.form.name ?? ''
  return (
    <Notice tone="warning" title="Another new connection is not saved.">
      <p>
        You began {name === '' ? 'a connection without a name' : <strong>{name}</strong>} and did
        not choose Continue after the last change.
      </p>
      <div class="actions">
        <button type="button" class="primary" onClick={onContinue}>
          Go back to it
        </button>
        <button type="button" onClick={onDiscard}>
          Discard what is not saved
        </button>
      </div>
    </Notice>
  )
}

function Loader({ forms, step }: { forms: Api<'Forms'>; step: StepId }) {
  const kept = useStore(newForm)
  const [isAsking, setAsking] = useState(mustAsk)
  const [isLoaded, setLoaded] = useState(false)
  const loading = useAction(async () => {
    await loadForm(forms)
    setLoaded(true)
  })
  useEffect(() => {
    if (!isAsking) void loading.run()
  }, [isAsking])
  const answer = (isKept: boolean) => {
    if (isKept) keepOld()
    setAsking(false)
  }
  if (isAsking) return <LastForm onContinue={() => answer(true)} onDiscard={() => answer(false)} />
  if (loading.failure)
    return (
      <Failure failure={loading.failure}>
        <button type="button" onClick={() => void loading.run()}>
          Try again
        </button>
      </Failure>
    )
  return kept && isLoaded ? <Wizard forms={forms} kept={kept} step={step} /> : <Skeleton />
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
