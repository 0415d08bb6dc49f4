/**
 * The write step of the measured stream as our target builds it: columns, keys, `_sdc_` columns.
 */

import { cellsOf } from '../src/loader/columns/cells.ts'
import type { JsonObject } from '../src/singer/json.ts'
import { METADATA_COLUMNS } from '../src/loader/tables/metadata.ts'
import { typeOfSchema } from '../src/loader/schema/types.ts'
import type { Column, WriteStep } from '../src/loader/commit-unit.ts'
import { SCHEMA } from './records.ts'

export const FIELDS: readonly Column[] = Object.entries(SCHEMA.schema.properties).map(
  ([name, schema]) => ({ name, type: typeOfSchema(schema as unknown as JsonObject, {}) }),
)

export const METADATA: readonly Column[] = Object.entries(METADATA_COLUMNS).map(([name, type]) => ({
  name,
  type,
}))

/** Without rows, because each floor stages its own. */
export const STEP: WriteStep = {
  kind: 'write',
  table: 'events',
  columns: [...FIELDS, ...METADATA].map((column) => ({
    ...column,
    cells: cellsOf(column.type, []),
  })),
  rowCount: 0,
  keys: [{ column: 'id', isNullable: false }],
  deleteWhereSet: undefined,
}
