/** Edits a connection. The version of its file goes along, so no other edit is overwritten. */

import { useEffect, useState } from 'preact/hooks'
import type { Api } from '../../../console/api/schemas.generated.ts'
import { ApiFailure, type Response } from '../../api/client.ts'
import { connectionPath } from '../../api/query.ts'
import { Failure, Loaded, Notice } from '../../components/notice.tsx'
import { ConnectionTabs, Page } from '../../components/page.tsx'
import { withWarehouse } from '../../form/draft.ts'
import { FORM_STEPS, stepOfField, type StepId } from '../../form/steps.ts'
import type { Route } from '../../router/route.ts'
import { openScreen } from '../../router/use-route.ts'
import { cache, client, say } from '../../state/console.ts'
import { useAction } from '../../state/use-action.ts'
import { useResponse } from '../../state/use-response.ts'
import { differences, mergeEdits, type Document } from '../../view/documents.ts'
import { Conflict } from './conflict.tsx'
import { forgetEdit, hasEdits, keepEdit, keptEdit, type Edit } from './edits.ts'
import { StepFields } from './steps/step-fields.tsx'
import { focusFirstProblem, StepFrame, StepsNav } from './steps-nav.tsx'
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

/** What somebody else stored meanwhile. */
interface Theirs {
  document: Document
  etag: string | null
}

function useEdit({ detail, etag }: EditorProps) {
  const { name } = detail
  const [edit, setEdit] = useState<Edit>(() => {
    const document = documentOf(detail)
    return keptEdit(name) ?? { base: document, etag, document }
  })
  const [theirs, setTheirs] = useState<Theirs>()
  const change = (document: Document) => {
    const changed = { ...edit, document }
    setEdit(changed)
    if (differences(edit.base, document).length > 0) keepEdit(name, changed)
    else forgetEdit(name)
  }
  const discard = () => {
    forgetEdit(name)
    setTheirs(undefined)
    setEdit({ base: documentOf(detail), etag, document: documentOf(detail) })
  }
  return { edit, theirs, setTheirs, change, discard }
}

/** Stores the document. Resolves with what is stored instead when somebody else was faster. */
async function save(
  name: string,
  document: Document,
  etag: string | null,
): Promise<Theirs | undefined> {
  const path = connectionPath(name)
  try {
    const stored = await client.request<Detail>(path, { method: 'PUT', body: { document }, etag })
    forgetEdit(name)
    cache.put(path, stored)
    cache.refresh(['/connections', '/destinations'])
    return undefined
  } catch (error) {
    if (!(error instanceof ApiFailure) || error.status !== 412) throw error
    const newest: Response<Detail> = await client.request<Detail>(path)
    cache.put(path, newest)
    return { document: documentOf(newest.body), etag: newest.etag }
  }
}

function useWarning(): void {
  useEffect(() => {
    const warn = (event: BeforeUnloadEvent) => {
      if (hasEdits()) event.preventDefault()
    }
    globalThis.addEventListener('beforeunload', warn)
    return () => globalThis.removeEventListener('beforeunload', warn)
  }, [])
}

function useSave(props: EditorProps) {
  const { forms, detail, step } = props
  const { name } = detail
  const { edit, theirs, setTheirs, change, discard } = useEdit(props)
  const form = useForm({
    forms,
    entered: { name, document: edit.document },
    isNew: false,
    secrets: detail.secrets,
    stored: { connection: name },
    step,
    onChange: ({ document }) => change(document),
  })
  const saving = useAction(async ({ document, etag }: Theirs) => {
    const newer = await save(name, document, etag)
    setTheirs(newer)
    if (newer) return
    say(`${name} is saved.`)
    openScreen({ screen: 'connection', name })
  })
  const submit = useAction(async () => {
    const [first] = await form.validate('review')
    if (first) {
      openScreen({ screen: 'edit', name, step: stepOfField(first.field) })
      focusFirstProblem()
      return
    }
    await saving.run({ document: edit.document, etag: edit.etag })
  })
  return { edit, theirs, form, saving, submit, discard }
}

function Editor(props: EditorProps) {
  const { detail, step } = props
  const { edit, theirs, form, saving, submit, discard } = useSave(props)
  const routeOf = (id: StepId): Route => ({ screen: 'edit', name: detail.name, step: id })
  const changes = differences(edit.base, edit.document).length
  const failure = submit.failure ?? saving.failure
  useWarning()
  return (
    <form
      class="form"
      noValidate
      onSubmit={(event) => {
        event.preventDefault()
        void submit.run()
      }}
    >
      <StepsNav step={step} steps={STEPS} routeOf={routeOf} />
      <StepFrame step={step}>
        {theirs && (
          <Conflict
            base={edit.base}
            ours={edit.document}
            theirs={theirs.document}
            merged={mergeEdits(edit.base, edit.document, theirs.document)}
            isSaving={saving.isRunning}
            onSave={(document) => void saving.run({ document, etag: theirs.etag })}
          />
        )}
        {detail.problems.length > 0 && changes === 0 && (
          <Notice tone="warning" title="The stored file is not valid.">
            {detail.problems.map(({ field, message }) => (
              <p key={`${field} ${message}`}>
                {field !== '' && <code>{field}</code>} {message}
              </p>
            ))}
          </Notice>
        )}
        <StepFields step={step} tools={form.tools} review={{ routeOf }} />
        {failure && <Failure failure={failure} />}
        <div class="actions last">
          <button
            type="submit"
            class="primary"
            disabled={changes === 0 || submit.isRunning || theirs !== undefined}
          >
            Save
          </button>
          <button type="button" disabled={changes === 0} onClick={discard}>
            Discard changes
          </button>
          <span class="quiet">
            {changes === 0 ? 'Nothing is changed yet.' : 'Changes count from the next run on.'}
          </span>
        </div>
      </StepFrame>
    </form>
  )
}

export function EditScreen({ name, step }: { name: string; step: StepId }) {
  const forms = useResponse<Api<'Forms'>>('/forms')
  const detail = useResponse<Detail>(connectionPath(name))
  const both = forms.body && detail.body && { forms: forms.body, detail: detail.body }
  return (
    <Page
      title={`Edit ${name}`}
      parents={[
        { title: 'Connections', route: { screen: 'connections' } },
        { title: name, route: { screen: 'connection', name } },
      ]}
    >
      <ConnectionTabs name={name} screen="edit" />
      <Loaded body={both} failure={both ? undefined : (forms.failure ?? detail.failure)}>
        {(found) => <Editor {...found} etag={detail.etag} step={step} />}
      </Loaded>
    </Page>
  )
}
