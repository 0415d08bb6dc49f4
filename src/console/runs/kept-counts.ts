/** The last count of a connection's tables, in its data folder, so that it survives a restart. */

import { createHash } from 'node:crypto'
import { join } from 'node:path'
import { tablesOf } from '../../runner/connection/conflicts.ts'
import type { Connection } from '../../runner/connection/connection.ts'
import { readDataText } from '../../runner/connection/data-file.ts'
import { writeDataFile } from '../../runner/connection/data-folder.ts'
import {
  allWithShape,
  isBoolean,
  isNumber,
  isString,
  isTime,
  orNull,
  withShape,
  type Shape,
} from '../../runner/history/shape.ts'
import type { InspectedTable } from '../../runner/warehouse/target-client.ts'

const FILE = 'rows.json'

export interface CountedTables {
  /** When the count began. */
  readAt: string
  tables: readonly InspectedTable[]
}

/** A count, and the tables that it is about. */
export interface KeptCount extends CountedTables {
  /** See `placeOf`. */
  place: string
}

type Column = InspectedTable['columns'][number]

const COLUMN: Shape<Column> = {
  name: isString,
  type: orNull(isString),
  native_type: orNull(isString),
  description: orNull(isString),
}

const TABLE: Shape<InspectedTable> = {
  stream: isString,
  table: isString,
  rows: orNull(isNumber),
  deleted_rows: orNull(isNumber),
  has_loaded: isBoolean,
  description: orNull(isString),
  newest_update: orNull(isString),
  newest_update_column: orNull(isString),
  columns: (value) => Array.isArray(value) && allWithShape(value, COLUMN) !== undefined,
}

const COUNT: Shape<Omit<KeptCount, 'tables'>> = { readAt: isTime, place: isString }

/** Differs for other tables: another database, schema or prefix. */
export function placeOf(connection: Connection): string {
  return createHash('sha256').update(tablesOf(connection)).digest('hex')
}

/** Undefined for a text that is no count. */
function parseCount(text: string): KeptCount | undefined {
  try {
    const value = JSON.parse(text) as unknown
    const count = withShape(value, COUNT)
    const { tables } = (value ?? {}) as { tables?: unknown }
    const known = Array.isArray(tables) ? allWithShape(tables, TABLE) : undefined
    return count && known && { ...count, tables: known }
  } catch {
    return undefined
  }
}

/** Undefined before the first count. Never throws: a damaged file is replaced by the next count. */
export async function readCount({ dataFolder }: Connection): Promise<KeptCount | undefined> {
  const text = await readDataText(join(dataFolder, FILE)).catch(() => undefined)
  return text === undefined ? undefined : parseCount(text)
}

/** Never throws: the data folder does not exist before the first run, or is not writable. */
export async function keepCount(connection: Connection, count: KeptCount): Promise<void> {
  await writeDataFile(connection, FILE, `${JSON.stringify(count)}\n`).catch(() => undefined)
}
