/** A shared destination: its engine, its form, its test. */

import type { Api } from '../../../console/api/schemas.generated.ts'
import { destinationPath } from '../../api/query.ts'
import { Loaded } from '../../components/notice.tsx'
import { Page } from '../../components/page.tsx'
import {
  destinationOf,
  emptyDestination,
  formOfDestination,
  isStoredSecret,
} from '../../form/destination.ts'
import { currentRoute, openScreen } from '../../router/use-route.ts'
import { cache, client, say } from '../../state/console.ts'
import { forgetEdit } from '../../state/edits.ts'
import { useAction } from '../../state/use-action.ts'
import { useResponse } from '../../state/use-response.ts'
import { sectionAt, textAt, type Document } from '../../view/documents.ts'
import { DestinationTest } from '../form/destination-test.tsx'
import { EditFrame } from '../form/edit-frame.tsx'
import type { FormTools } from '../form/form-tools.ts'
import { WarehouseFields } from '../form/steps/engine-fields.tsx'
import { NameStep } from '../form/steps/name-step.tsx'
import { focusProblemOf } from '../form/steps-nav.tsx'
import { useEdit } from '../form/use-edit.ts'
import { useForm } from '../form/use-form.ts'

type Detail = Api<'DestinationDetail'>

/** Path of the edit of a destination that does not exist yet. */
const NEW = '/destinations'

interface EditorProps {
  forms: Api<'Forms'>
  /** Undefined for a new destination. */
  detail: Detail | undefined
  etag: string | null
}

function showSaved(name: string, isComplete: boolean): void {
  cache.refresh(['/destinations', destinationPath(name), '/workspace', '/connections'])
  say(
    isComplete
      ? `The destination ${name} is saved.`
      : `The destination ${name} is saved. What you entered meanwhile is not saved yet.`,
  )
  if (isComplete && currentRoute().screen === 'destination') openScreen({ screen: 'destinations' })
}

async function create(document: Document): Promise<void> {
  const name = textAt(document, 'name')
  const body = { name, document: destinationOf(document) }
  await client.request('/destinations', { method: 'POST', body })
  forgetEdit(NEW)
  showSaved(name, true)
}

function useEditor({ forms, detail, etag }: EditorProps) {
  const editing = useEdit<Detail>({
    path: detail ? destinationPath(detail.name) : NEW,
    stored: { document: detail ? formOfDestination(detail) : emptyDestination(forms), etag },
    documentOf: formOfDestination,
    bodyOf: destinationOf,
    onSaved: (isComplete) => showSaved(detail?.name ?? '', isComplete),
  })
  const { edit, change, saving } = editing
  const name = detail?.name ?? textAt(edit.document, 'name')
  // The fields of the form ask by the path that a connection has.
  const secrets = (detail?.secrets ?? []).map((secret) => ({
    ...secret,
    field: `destination.${secret.field}`,
  }))
  const form = useForm({
    forms,
    entered: { name, document: { destination: sectionAt(edit.document, 'destination') } },
    base: edit.base,
    isNew: false,
    secrets,
    stored: {},
    step: 'destination',
    // The validation knows no stored secrets of destinations.
    accepts: ({ field }) => !isStoredSecret({ forms, secrets, document: edit.document }, field),
    onChange: (make) =>
      change((before) => {
        const { name: old, ...document } = before
        const next = make({ name: typeof old === 'string' ? old : name, document })
        return detail ? next.document : { ...next.document, name: next.name }
      }),
  })
  const submit = useAction(async () => {
    const problems = await form.validate(['destination'])
    if (problems.length > 0) focusProblemOf('destination')
    else if (detail) await saving.run(edit)
    else await create(edit.document)
  })
  return { ...editing, form, name, submit }
}

function NewName({ tools, taken }: { tools: FormTools; taken: readonly string[] }) {
  const problems = new Map(taken.includes(tools.name) ? [['name', 'is taken']] : [])
  return <NameStep tools={{ ...tools, problems }} />
}

function Editor(props: EditorProps & { taken: readonly string[] }) {
  const { detail, taken } = props
  const { form, name, submit, ...editing } = useEditor(props)
  const { document } = editing.edit
  return (
    <EditFrame
      what="destination"
      name={detail?.name}
      step="destination"
      editing={editing}
      form={form}
      submit={submit}
      isIncomplete={name === '' || (!detail && taken.includes(name))}
      buttons={
        <button type="button" onClick={() => openScreen({ screen: 'destinations' })}>
          Back
        </button>
      }
    >
      {!detail && <NewName tools={form.tools} taken={taken} />}
      <WarehouseFields tools={form.tools} />
      <DestinationTest
        body={{
          destination: destinationOf(document),
          stored: detail ? { destination: detail.name } : {},
        }}
      />
    </EditFrame>
  )
}

export function DestinationScreen({ name }: { name: string | undefined }) {
  const forms = useResponse<Api<'Forms'>>('/forms')
  const list = useResponse<Api<'DestinationList'>>('/destinations')
  const detail = useResponse<Detail>(name === undefined ? undefined : destinationPath(name))
  const isReady = forms.body !== undefined && (name === undefined || detail.body !== undefined)
  const again = () => {
    forms.again()
    detail.again()
  }
  return (
    <Page
      title={name === undefined ? 'New destination' : `Edit ${name}`}
      parents={[{ title: 'Destinations', route: { screen: 'destinations' } }]}
    >
      <Loaded
        body={isReady ? forms.body : undefined}
        failure={isReady ? undefined : (forms.failure ?? detail.failure)}
        again={again}
      >
        {(found) => (
          <Editor
            forms={found}
            detail={detail.body}
            etag={detail.etag}
            taken={list.body?.destinations.map((one) => one.name) ?? []}
          />
        )}
      </Loaded>
    </Page>
  )
}
