/** The JSON Schemas that the forms are made from. Pure. */

import connectionSchema from '../../../schemas/config/connection.json' with { type: 'json' }
import tapSchema from '../../../schemas/config/tap.json' with { type: 'json' }
import targetSchema from '../../../schemas/config/target.json' with { type: 'json' }
import type { StreamDefinition } from '../../streams/definition.ts'
import { STREAMS } from '../../streams/index.ts'
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

function costText(stream: StreamDefinition): string {
  if (stream.kind === 'children') return `One request for each of the ${stream.parent.stream}.`
  if (stream.pageRows !== undefined) return `One request for ${stream.pageRows} rows.`
  return stream.kind === 'list' && stream.isShared
    ? 'One request, which other streams share.'
    : 'One request.'
}

function streamForm(stream: StreamDefinition): Api<'StreamForm'> {
  return {
    stream: stream.id,
    modes: ['incremental', 'full_refresh'],
    key: [...stream.keyProperties],
    columns: streamColumns(stream.id),
    cost: costText(stream),
  }
}

function destinationSchema(): JsonSchema {
  const { warehouse_url: _url, ...properties } = targetSchema.properties
  return { ...targetSchema, properties }
}

export function formsView(): Api<'Forms'> {
  const { schedule, notify } = connectionSchema.properties
  return {
    source: tapSchema,
    destination: destinationSchema(),
    engines: engineForms(),
    resources: STREAMS.map(streamForm),
    schedule: schedule,
    notify: notify,
  }
}
