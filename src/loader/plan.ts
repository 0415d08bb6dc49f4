/** Where the values of a stream go. */

import { isJsonObject, type JsonObject } from '../singer/json.ts'
import type { SchemaMessage } from '../singer/messages.ts'
import type { MetadataName } from './tables/metadata.ts'
import type { ColumnType } from './schema/types.ts'
import type { Column, ForeignColumn, NativeType } from './warehouse.ts'

/** Where the values of one property go. */
export interface PropertyPlan {
  property: string
  wanted: ColumnType
  column: string
  /** Undefined where the column is of a foreign type, or computed. */
  type: ColumnType | undefined
  /** Of a foreign column: then the values are brought in its variants, and the database tries them. */
  native?: NativeType
  /** For a column of a key that refuses null: the database's name of its type. */
  requiredType?: string | undefined
  /** Columns beside it that exist; for a foreign column also those that may come to exist. */
  variants: Column[]
}

/** Where one of the `_sdc_` values goes. */
export interface MetadataPlan {
  column: string
  /** Where the column is of another type than its values. */
  foreign?: ForeignColumn
}

export interface TablePlan {
  stream: string
  table: string
  properties: PropertyPlan[]
  keyProperties: string[]
  /** `_sdc_` columns that the table has for this run, by their name in the protocol. */
  metadata: Map<MetadataName, MetadataPlan>
}

/** Properties of the records, by the SCHEMA. */
export function declaredProperties(schema: SchemaMessage): JsonObject {
  const properties = schema.schema['properties']
  return isJsonObject(properties) ? properties : {}
}
