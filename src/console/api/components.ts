/** The schemas of the API in one object, as components of the OpenAPI document. */

import checks from '../../../schemas/api/checks.json' with { type: 'json' }
import common from '../../../schemas/api/common.json' with { type: 'json' }
import connections from '../../../schemas/api/connections.json' with { type: 'json' }
import destinations from '../../../schemas/api/destinations.json' with { type: 'json' }
import documents from '../../../schemas/api/documents.json' with { type: 'json' }
import events from '../../../schemas/api/events.json' with { type: 'json' }
import forms from '../../../schemas/api/forms.json' with { type: 'json' }
import logs from '../../../schemas/api/logs.json' with { type: 'json' }
import runs from '../../../schemas/api/runs.json' with { type: 'json' }
import schedules from '../../../schemas/api/schedules.json' with { type: 'json' }
import session from '../../../schemas/api/session.json' with { type: 'json' }
import tables from '../../../schemas/api/tables.json' with { type: 'json' }
import workspace from '../../../schemas/api/workspace.json' with { type: 'json' }
import type { JsonObject, JsonValue } from '../../singer/json.ts'
import type { SchemaName } from './operations.ts'

const FILES: readonly { $defs: object }[] = [
  common,
  session,
  workspace,
  documents,
  connections,
  destinations,
  forms,
  checks,
  schedules,
  runs,
  logs,
  tables,
  events,
]

const DEFINITION = /^(?:\w+\.json)?#\/\$defs\/(\w+)$/

/** A reference to a component. */
export function refTo(name: string): { $ref: string } {
  return { $ref: `#/components/schemas/${name}` }
}

/** The value with each reference to a definition of a file turned into one to a component. */
function withComponentRefs(value: JsonValue): JsonValue {
  if (Array.isArray(value)) return value.map(withComponentRefs)
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(
    Object.entries(value as JsonObject).map(([key, inner]) => {
      const name =
        key === '$ref' && typeof inner === 'string' ? DEFINITION.exec(inner)?.[1] : undefined
      return name === undefined ? [key, withComponentRefs(inner)] : [key, refTo(name).$ref]
    }),
  )
}

/** Every schema by its name. Names are unique across the files; a test checks it. */
export const COMPONENTS = Object.fromEntries(
  FILES.flatMap(({ $defs }) =>
    Object.entries($defs as JsonObject).map(([name, schema]) => [name, withComponentRefs(schema)]),
  ),
) as Readonly<Record<SchemaName, JsonObject>>

/** All definitions with their file, so that a test can find a name that is used twice. */
export const DEFINITION_NAMES: readonly string[] = FILES.flatMap(({ $defs }) => Object.keys($defs))
