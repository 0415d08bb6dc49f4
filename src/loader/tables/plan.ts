/** The plan of a stream's table: which column each value goes to. */

import { isJsonObject, type JsonObject } from '../../singer/json.ts'
import type { SchemaMessage } from '../../singer/messages.ts'
import type { MetadataName } from './metadata.ts'
import type { ColumnType } from '../schema/types.ts'
import type { Column, ForeignColumn, NativeType } from '../commit-unit.ts'

/** The columns of one property. */
export interface PropertyPlan {
  property: string
  /** The type that the SCHEMA asks for. */
  wanted: ColumnType
  column: string
  /** Undefined for a column of a foreign type and for a generated column. */
  type: ColumnType | undefined
  /** Set for a foreign column. Its values are staged in `variants`, and the database tries them. */
  native?: NativeType
  /** For a NOT NULL key column: the database's name of its type. */
  requiredType?: string | undefined
  /** Existing variant columns; for a foreign column also those that may be added. */
  variants: Column[]
}

/** The column of one `_sdc_` value. */
export interface MetadataPlan {
  column: string
  /** Set if the column is of a foreign type. */
  foreign?: ForeignColumn
}

export interface TablePlan {
  stream: string
  table: string
  properties: PropertyPlan[]
  keyProperties: string[]
  /** `_sdc_` columns that this run writes, by their name in the protocol. */
  metadata: Map<MetadataName, MetadataPlan>
}

/** The properties that the SCHEMA declares. */
export function declaredProperties(schema: SchemaMessage): JsonObject {
  const properties = schema.schema['properties']
  return isJsonObject(properties) ? properties : {}
}
