/** Edits a connection. */

import type { Api } from '../../../console/api/schemas.generated.ts'
import { connectionPath } from '../../api/query.ts'
import { Failure, Loaded, Notice } from '../../components/notice.tsx'
import { ConnectionTabs, Page } from '../../components/page.tsx'
import { useQuestion } from '../../components/use-question.tsx'
import { withWarehouse } from '../../form/draft.ts'
import { changesOf } from '../../form/edit.ts'
import { FORM_STEPS, stepOfField, type StepId } from '../../form/steps.ts'
import type { Route } from '../../router/route.ts'
import { currentRoute, openScreen } from '../../router/use-route.ts'
import { cache, say } from '../../state/console.ts'
import { useAction } from '../../state/use-action.ts'
import { useResponse } from '../../state/use-response.ts'
import { mergeEdits, type Document } from '../../view/documents.ts'
import { EditorForm } from '../../components/form.tsx'
import { Conflict } from './conflict.tsx'
import { OtherProblems } from './other-problems.tsx'
import { StepFields } from './steps/step-fields.tsx'
import { focusProblemOf, StepFrame, StepsNav } from './steps-nav.tsx'
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
  const { edit, theirs, form, saving, submit, discard } = useSave(props)
  const routeOf = (id: StepId): Route => ({ screen: 'edit', name: detail.name, step: id })
  const isChanged = changesOf(edit) > 0
  const failure = submit.failure ?? saving.failure
  const discarding = useQuestion({
    title: 'Discard the changes?',
    action: 'Discard them',
    text: `What you changed in ${detail.name} is lost. The stored connection stays as it is.`,
    act: discard,
  })
  return (
    <EditorForm onSubmit={() => void submit.run()} dialog={discarding.dialog}>
      <StepsNav step={step} steps={STEPS} routeOf={routeOf} />
      <StepFrame step={step}>
        {theirs && (
          <Conflict
            what="connection"
            base={edit.base}
            ours={edit.document}
            theirs={theirs.document}
            merged={mergeEdits(edit.base, edit.document, theirs.document)}
            isSaving={saving.isRunning}
            onSave={(document) => void saving.run({ document, etag: theirs.etag })}
          />
        )}
        {detail.problems.length > 0 && !isChanged && <StoredProblems problems={detail.problems} />}
        <StepFields step={step} tools={form.tools} review={{ routeOf }} />
        <OtherProblems step={step} tools={form.tools} check={form.check} />
        {failure && <Failure failure={failure} />}
        <div class="actions last">
          {!theirs && (
            <button type="submit" class="primary" disabled={!isChanged || submit.isRunning}>
              Save
            </button>
          )}
          <button type="button" disabled={!isChanged} onClick={discarding.ask}>
            Discard changes
          </button>
          <span class="quiet">
            {isChanged
              ? 'Unsaved changes. They apply from the next run.'
              : 'Nothing is changed yet.'}
          </span>
        </div>
      </StepFrame>
    </EditorForm>
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
