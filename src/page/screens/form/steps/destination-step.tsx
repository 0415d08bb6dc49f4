/** The third step: an existing destination, or an own one, with a test. */

import { useRef } from 'preact/hooks'
import type { Api } from '../../../../console/api/schemas.generated.ts'
import { schemaFields } from '../../../form/schema-fields.ts'
import { useResponse } from '../../../state/use-response.ts'
import { sectionAt, textAt, valueAt, type Document } from '../../../view/documents.ts'
import { CheckFailure } from '../check-failure.tsx'
import { MoreFields } from '../field.tsx'
import { DestinationTest } from '../destination-test.tsx'
import type { FormTools } from '../form-tools.ts'
import { ShareDestination } from './share-destination.tsx'
import { emptyWarehouse, WarehouseFields } from './engine-fields.tsx'

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
    const first = toShared
      ? { use: destinations[0]?.name ?? '' }
      : { warehouse: emptyWarehouse(tools) }
    tools.change('destination', { ...withoutPlace(destination), ...first, ...kept })
  }
  return { isShared, choose }
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

export function DestinationStep({ tools }: { tools: FormTools }) {
  const { body, failure, again } = useResponse<Api<'DestinationList'>>('/destinations')
  const destinations = body?.destinations ?? []
  const { isShared, choose } = usePlace(tools, destinations)
  const more = schemaFields(tools.forms.destination).filter(
    ({ name }) => !TABLE_FIELDS.includes(name),
  )
  return (
    <>
      <CheckFailure check={{ failure, isRunning: false, again }} />
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
        <>
          <WarehouseFields tools={tools} />
          {valueAt(tools.document, 'destination.warehouse') !== undefined && (
            <ShareDestination tools={tools} />
          )}
        </>
      )}
      <DestinationTest
        body={{
          destination: sectionAt(tools.document, 'destination'),
          resources: sectionAt(tools.document, 'resources'),
          stored: tools.stored,
        }}
      />
      <MoreFields
        title="More settings of the load"
        section="destination"
        fields={more}
        tools={tools}
      />
    </>
  )
}
