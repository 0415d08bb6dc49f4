/** Edits a connection. */

import type { Api } from '../../../console/api/schemas.generated.ts'
import { connectionPath } from '../../api/query.ts'
import { Loaded, Notice } from '../../components/notice.tsx'
import { ConnectionTabs, Page } from '../../components/page.tsx'
import { withWarehouse } from '../../form/draft.ts'
import { changesOf } from '../../form/edit.ts'
import { FORM_STEPS, stepOfField, type StepId } from '../../form/steps.ts'
import type { Route } from '../../router/route.ts'
import { currentRoute, openScreen } from '../../router/use-route.ts'
import { cache, say } from '../../state/console.ts'
import { useAction } from '../../state/use-action.ts'
import { useResponse } from '../../state/use-response.ts'
import type { Document } from '../../view/documents.ts'
import { EditFrame } from './edit-frame.tsx'
import { StepFields } from './steps/step-fields.tsx'
import { focusProblemOf, StepsNav } from './steps-nav.tsx'
import { useEdit } from './use-edit.ts'
import { useForm } from './use-form.ts'

type Detail = Api<'ConnectionDetail'>

const STEPS = FORM_STEPS.map(({ id }) => id).filter((id) => id !== 'name')

function documentOf({ document, warehouse }: Detail): Document {
  return withWarehouse(document, warehouse)
}

interface EditorProps {
  forms: Api<'Forms'>
  detail: Detail
  etag: string | null
  step: StepId
}

/** Says that it is stored, and shows the connection to a person who still waits for that. */
function showSaved(name: string, isComplete: boolean): void {
  cache.refresh(['/connections', '/destinations'])
  say(
    isComplete
      ? `${name} is saved.`
      : `${name} is saved. What you entered meanwhile is not saved yet.`,
  )
  const route = currentRoute()
  const waits = route.screen === 'edit' && route.name === name
  if (isComplete && waits) openScreen({ screen: 'connection', name })
}

function useSave({ forms, detail, etag, step }: EditorProps) {
  const { name } = detail
  const editing = useEdit<Detail>({
    path: connectionPath(name),
    stored: { document: documentOf(detail), etag },
    documentOf,
    bodyOf: (document) => document,
    onSaved: (isComplete) => showSaved(name, isComplete),
  })
  const { edit, change, saving } = editing
  const form = useForm({
    forms,
    entered: { name, document: edit.document },
    base: edit.base,
    isNew: false,
    secrets: detail.secrets,
    stored: { connection: name },
    step,
    onChange: (make) => change((document) => make({ name, document }).document),
  })
  const submit = useAction(async () => {
    const [first] = await form.validate(['review'])
    if (!first) {
      await saving.run(edit)
      return
    }
    const wanted = stepOfField(first.field)
    focusProblemOf(wanted)
    openScreen({ screen: 'edit', name, step: wanted })
  })
  return { ...editing, form, submit }
}

function StoredProblems({ problems }: { problems: Detail['problems'] }) {
  return (
    <Notice tone="warning" title="The stored file is not valid.">
      {problems.map(({ field, message }) => (
        <p key={`${field} ${message}`}>
          {field !== '' && <code>{field}</code>} {message}
        </p>
      ))}
    </Notice>
  )
}

function Editor(props: EditorProps) {
  const { detail, step } = props
  const { form, submit, ...editing } = useSave(props)
  const routeOf = (id: StepId): Route => ({ screen: 'edit', name: detail.name, step: id })
  return (
    <EditFrame
      what="connection"
      name={detail.name}
      step={step}
      editing={editing}
      form={form}
      submit={submit}
      nav={<StepsNav step={step} steps={STEPS} routeOf={routeOf} />}
      effect="They apply from the next run."
    >
      {detail.problems.length > 0 && changesOf(editing.edit) === 0 && (
        <StoredProblems problems={detail.problems} />
      )}
      <StepFields step={step} tools={form.tools} review={{ routeOf }} />
    </EditFrame>
  )
}

export function EditScreen({ name, step }: { name: string; step: StepId }) {
  const forms = useResponse<Api<'Forms'>>('/forms')
  const detail = useResponse<Detail>(connectionPath(name))
  const both = forms.body && detail.body && { forms: forms.body, detail: detail.body }
  const again = () => {
    forms.again()
    detail.again()
  }
  return (
    <Page
      title={`Edit ${name}`}
      parents={[
        { title: 'Connections', route: { screen: 'connections' } },
        { title: name, route: { screen: 'connection', name } },
      ]}
    >
      <ConnectionTabs name={name} screen="edit" />
      <Loaded
        body={both}
        failure={both ? undefined : (forms.failure ?? detail.failure)}
        again={again}
      >
        {(found) => <Editor {...found} etag={detail.etag} step={step} />}
      </Loaded>
    </Page>
  )
}
