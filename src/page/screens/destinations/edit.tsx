/** A shared destination: its engine, its form, its test. */

import { useState } from 'preact/hooks'
import type { Api } from '../../../console/api/schemas.generated.ts'
import { destinationPath } from '../../api/query.ts'
import { Failure, Loaded } from '../../components/notice.tsx'
import { Page } from '../../components/page.tsx'
import { openScreen } from '../../router/use-route.ts'
import { cache, client, say } from '../../state/console.ts'
import { useAction } from '../../state/use-action.ts'
import { useCheck } from '../../state/use-check.ts'
import { useResponse } from '../../state/use-response.ts'
import { withValue, type Document } from '../../view/documents.ts'
import { EngineFields } from '../form/steps/engine-fields.tsx'
import { Findings } from '../form/findings.tsx'
import type { FormTools } from '../form/form-tools.ts'
import { NameStep } from '../form/steps/name-step.tsx'

interface Stored {
  name: string
  document: Document
  secrets: readonly Api<'Secret'>[]
  etag: string | null
}

/** The document of a stored destination with form fields in place of the URL. */
function storedOf(
  { name, document, secrets, warehouse }: Api<'DestinationDetail'>,
  etag: string | null,
): Stored {
  const { warehouse_url: _url, ...others } = document
  const { engine, settings } = warehouse ?? { engine: 'duckdb', settings: {} }
  return { name, secrets, etag, document: { ...others, warehouse: { engine, settings } } }
}

async function save(
  { name, document, etag }: Pick<Stored, 'name' | 'document' | 'etag'>,
  isNew: boolean,
): Promise<void> {
  if (isNew) await client.request('/destinations', { method: 'POST', body: { name, document } })
  else await client.request(destinationPath(name), { method: 'PUT', body: { document }, etag })
  cache.refresh(['/destinations', destinationPath(name), '/workspace', '/connections'])
  say(`The destination ${name} is saved.`)
  openScreen({ screen: 'destinations' })
}

function DestinationTest({ document, name }: { document: Document; name: string | undefined }) {
  const [tested, setTested] = useState<object>()
  const body = { destination: document, stored: name === undefined ? {} : { destination: name } }
  const { result, failure, isRunning, again } = useCheck<Api<'DestinationTest'>>(
    '/checks/destination',
    tested,
    0,
  )
  const isSame = JSON.stringify(tested) === JSON.stringify(body)
  return (
    <div class="check">
      <div class="head">
        <h3>Test of the destination</h3>
        <button
          type="button"
          disabled={isRunning}
          onClick={() => (isSame ? again() : setTested(body))}
        >
          Test
        </button>
      </div>
      {isSame && (
        <Findings
          findings={result?.findings}
          failure={failure}
          isRunning={isRunning}
          waiting="Creating, writing and dropping a table."
        />
      )}
    </div>
  )
}

function Editor({ forms, stored }: { forms: Api<'Forms'>; stored: Stored | undefined }) {
  const isNew = stored === undefined
  const engine = forms.engines[0]?.engine ?? 'duckdb'
  const [name, setName] = useState(stored?.name ?? '')
  const [document, setDocument] = useState<Document>(
    stored?.document ?? { warehouse: { engine, settings: {} } },
  )
  const { run, isRunning, failure } = useAction(async () =>
    save({ name, document, etag: stored?.etag ?? null }, isNew),
  )
  const tools: FormTools = {
    forms,
    name,
    document,
    isNew,
    // The fields of the form ask by the path that a connection has.
    secrets: (stored?.secrets ?? []).map((secret) => ({
      ...secret,
      field: `destination.${secret.field}`,
    })),
    stored: {},
    problems: new Map(failure?.problems.map(({ field, message }) => [field, message])),
    rename: setName,
    change: (path, value) => setDocument((before) => withValue(before, path, value)),
    touch: () => undefined,
  }
  return (
    <form
      class="form"
      noValidate
      onSubmit={(event) => {
        event.preventDefault()
        void run()
      }}
    >
      <div class="step">
        <h2>Warehouse</h2>
        {isNew && <NameStep tools={tools} />}
        <EngineFields base="" tools={tools} />
        <DestinationTest document={document} name={stored?.name} />
        {failure && <Failure failure={failure} />}
        <div class="actions last">
          <button type="submit" class="primary" disabled={isRunning || name === ''}>
            Save
          </button>
          <button type="button" onClick={() => openScreen({ screen: 'destinations' })}>
            Back
          </button>
        </div>
      </div>
    </form>
  )
}

export function DestinationScreen({ name }: { name: string | undefined }) {
  const forms = useResponse<Api<'Forms'>>('/forms')
  const detail = useResponse<Api<'DestinationDetail'>>(
    name === undefined ? undefined : destinationPath(name),
  )
  const isReady = forms.body !== undefined && (name === undefined || detail.body !== undefined)
  return (
    <Page
      title={name === undefined ? 'New destination' : `Edit ${name}`}
      parents={[{ title: 'Destinations', route: { screen: 'destinations' } }]}
    >
      <Loaded
        body={isReady ? forms.body : undefined}
        failure={isReady ? undefined : (forms.failure ?? detail.failure)}
      >
        {(found) => (
          <Editor forms={found} stored={detail.body && storedOf(detail.body, detail.etag)} />
        )}
      </Loaded>
    </Page>
  )
}
