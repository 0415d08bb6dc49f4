/** The third step: an existing destination, or an own one, with a test. */

import { useRef, useState } from 'preact/hooks'
import type { Api } from '../../../../console/api/schemas.generated.ts'
import { schemaFields } from '../../../form/schema-fields.ts'
import { useResponse } from '../../../state/use-response.ts'
import { useCheck } from '../../../state/use-check.ts'
import { sectionAt, textAt, valueAt, type Document } from '../../../view/documents.ts'
import { MoreFields } from '../field.tsx'
import { Findings } from '../findings.tsx'
import { storedSecret } from '../../../form/stored-secret.ts'
import type { FormTools } from '../form-tools.ts'
import { ShareDestination } from './share-destination.tsx'
import { EngineFields } from './engine-fields.tsx'

/** Settings that the step of the streams asks for. */
const TABLE_FIELDS = ['use', 'table_prefix', 'default_target_schema']

/** What the choice between an existing and an own destination changes. */
function withoutPlace({
  use: _use,
  warehouse: _warehouse,
  warehouse_url: _url,
  ...others
}: Document): Document {
  return others
}

function usePlace(tools: FormTools, destinations: readonly Api<'Destination'>[]) {
  const destination = sectionAt(tools.document, 'destination')
  const before = useRef<Document>({})
  const isShared = valueAt(tools.document, 'destination.use') !== undefined
  const choose = (toShared: boolean) => {
    if (toShared === isShared) return
    const { use, warehouse, warehouse_url } = destination
    const kept = before.current
    before.current = {
      ...(use !== undefined && { use }),
      ...(warehouse !== undefined && { warehouse }),
      ...(warehouse_url !== undefined && { warehouse_url }),
    }
    const first = toShared ? { use: destinations[0]?.name ?? '' } : ownPlace(tools)
    tools.change('destination', { ...withoutPlace(destination), ...first, ...kept })
  }
  return { isShared, choose }
}

function ownPlace({ forms }: FormTools): Document {
  return { warehouse: { engine: forms.engines[0]?.engine ?? 'duckdb', settings: {} } }
}

function SharedChoice({
  tools,
  destinations,
}: {
  tools: FormTools
  destinations: readonly Api<'Destination'>[]
}) {
  const chosen = textAt(tools.document, 'destination.use')
  return (
    <fieldset class="options">
      <legend>Destination of the workspace</legend>
      {destinations.map(({ name, engine, shown, used_by }) => (
        <label class="option" key={name}>
          <input
            type="radio"
            name="use"
            checked={chosen === name}
            onChange={() => tools.change('destination.use', name)}
          />
          <span>
            <span class="strong">{name}</span> {engine}
            <span class="line quiet breaks">{shown}</span>
            <span class="line quiet">
              {used_by.length === 0 ? 'Not used yet' : `Used by ${used_by.join(', ')}`}
            </span>
          </span>
        </label>
      ))}
    </fieldset>
  )
}

/** The own warehouse: its form, or what is stored when its URL fits no form. */
function OwnPlace({ tools }: { tools: FormTools }) {
  if (valueAt(tools.document, 'destination.warehouse') !== undefined) {
    return (
      <>
        <EngineFields base="destination" tools={tools} />
        <ShareDestination tools={tools} />
      </>
    )
  }
  const url = textAt(tools.document, 'destination.warehouse_url')
  const shown = url === '' ? storedSecret(tools, 'destination.warehouse_url')?.shown : url
  const replace = () => {
    const rest = withoutPlace(sectionAt(tools.document, 'destination'))
    tools.change('destination', { ...rest, ...ownPlace(tools) })
  }
  return (
    <p>
      The warehouse is <code class="breaks">{shown ?? 'stored, and cannot be shown'}</code>.{' '}
      <button type="button" onClick={replace}>
        Enter another one
      </button>
    </p>
  )
}

function DestinationTest({ tools }: { tools: FormTools }) {
  const { document, stored } = tools
  const [tested, setTested] = useState<object>()
  const body = {
    destination: sectionAt(document, 'destination'),
    resources: sectionAt(document, 'resources'),
    stored,
  }
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
          {isSame ? 'Test again' : 'Test'}
        </button>
      </div>
      {tested === undefined ? (
        <p class="quiet">The test creates a table, writes to it and drops it.</p>
      ) : (
        <Findings
          findings={isSame ? result?.findings : undefined}
          failure={isSame ? failure : undefined}
          isRunning={isRunning}
          waiting="Creating, writing and dropping a table."
        />
      )}
      {tested !== undefined && !isSame && (
        <p class="quiet">The settings have changed since the last test.</p>
      )}
    </div>
  )
}

export function DestinationStep({ tools }: { tools: FormTools }) {
  const { body } = useResponse<Api<'DestinationList'>>('/destinations')
  const destinations = body?.destinations ?? []
  const { isShared, choose } = usePlace(tools, destinations)
  const more = schemaFields(tools.forms.destination).filter(
    ({ name }) => !TABLE_FIELDS.includes(name),
  )
  return (
    <>
      {(destinations.length > 0 || isShared) && (
        <div class="choices" role="group" aria-label="Which destination">
          <button type="button" aria-pressed={isShared} onClick={() => choose(true)}>
            An existing one
          </button>
          <button type="button" aria-pressed={!isShared} onClick={() => choose(false)}>
            A new one
          </button>
        </div>
      )}
      {isShared ? (
        <SharedChoice tools={tools} destinations={destinations} />
      ) : (
        <OwnPlace tools={tools} />
      )}
      <DestinationTest tools={tools} />
      <MoreFields
        title="More settings of the load"
        section="destination"
        fields={more}
        tools={tools}
      />
    </>
  )
}
