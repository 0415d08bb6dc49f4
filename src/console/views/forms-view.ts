/** The JSON Schemas that the forms are made from. Pure. */

import connectionSchema from '../../../schemas/config/connection.json' with { type: 'json' }
import tapSchema from '../../../schemas/config/tap.json' with { type: 'json' }
import targetSchema from '../../../schemas/config/target.json' with { type: 'json' }
import { costText } from '../../streams/cost.ts'
import type { StreamDefinition } from '../../streams/definition.ts'
import { STREAMS } from '../../streams/index.ts'
import { modesOf } from '../../streams/modes.ts'
import type { Api } from '../api/schemas.generated.ts'
import { ENGINE_FORMS } from '../documents/engine-forms.ts'
import { streamColumns } from './table-view.ts'

type JsonSchema = Api<'JsonSchema'>

function engineForms(): Api<'EngineForm'>[] {
  return Object.entries(ENGINE_FORMS).map(([engine, { title, description, docs, schema }]) => ({
    engine,
    title,
    description,
    docs,
    // A schema is JSON.
    settings: schema as unknown as JsonSchema,
  }))
}

function streamForm(stream: StreamDefinition): Api<'StreamForm'> {
  return {
    stream: stream.id,
    tier: stream.tier,
    is_personal: stream.tier === 'personal' || stream.isPersonal === true,
    modes: modesOf(stream.id),
    key: [...stream.keyProperties],
    columns: streamColumns(stream.id),
    cost: costText(stream),
  }
}

/** Without the streams, which a connection chooses under `resources`. */
function sourceSchema(): JsonSchema {
  const { streams: _streams, ...properties } = tapSchema.properties
  return { ...tapSchema, properties }
}

function destinationSchema(): JsonSchema {
  const { warehouse_url: _url, ...properties } = targetSchema.properties
  return { ...targetSchema, properties }
}

export function formsView(): Api<'Forms'> {
  const { schedule, notify } = connectionSchema.properties
  return {
    source: sourceSchema(),
    destination: destinationSchema(),
    engines: engineForms(),
    resources: STREAMS.map(streamForm),
    schedule: schedule,
    notify: notify,
  }
}
