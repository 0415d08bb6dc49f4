/** Tables and their columns as the API shows them. Pure. */

import { bookmarkText } from '../../runner/warehouse/state-document.ts'
import type { StreamTable } from '../../runner/warehouse/target-client.ts'
import { STREAMS } from '../../streams/index.ts'
import { isJsonObject, parseJson, printJson, type JsonValue } from '../../singer/json.ts'
import type { Api } from '../api/schemas.generated.ts'
import type { CountedTables } from '../runs/row-counts.ts'

/** What the target adds to every table. */
const METADATA: Readonly<Record<string, string>> = {
  _sdc_extracted_at: 'When the record was read.',
  _sdc_received_at: 'When the target received the record.',
  _sdc_batched_at: 'When the batch of the record was written.',
  _sdc_deleted_at: 'When the row was marked as deleted. NULL for a live row.',
  _sdc_sequence: 'Order of the records of a load.',
  _sdc_table_version: 'Version of a complete read.',
  _sdc_sync_started_at: 'When the sync of the record started.',
}

interface Property {
  type?: string | string[]
  format?: string
  description?: string
}

function propertiesOf(stream: string): Readonly<Record<string, Property>> {
  const schema = STREAMS.find(({ id }) => id === stream)?.schema
  return (schema?.['properties'] ?? {}) as Readonly<Record<string, Property>>
}

/** The type in the stream: `integer`, `date-time`. */
function typeText({ type, format }: Property): string | null {
  if (format !== undefined) return format
  const names = [type].flat().filter((name) => name !== undefined && name !== 'null')
  return names.length === 0 ? null : names.join(' or ')
}

/** A column of the warehouse, with the description of the property that it shows. */
function columnView(stream: string, name: string): Api<'Column'> {
  const property = propertiesOf(stream)[name]
  return {
    name,
    type: property ? typeText(property) : null,
    description: property?.description ?? METADATA[name] ?? null,
  }
}

/** The columns that a stream brings. */
export function streamColumns(stream: string): Api<'Column'>[] {
  return Object.keys(propertiesOf(stream)).map((name) => columnView(stream, name))
}

function tableView(table: StreamTable, { state }: CountedTables): Api<'Table'> {
  const { stream, rows, columns } = table
  return {
    stream,
    table: table.table,
    exists: rows !== null,
    live_rows: rows,
    deleted_rows: null,
    newest_update: bookmarkText(state, stream),
    columns:
      rows === null ? streamColumns(stream) : columns.map((name) => columnView(stream, name)),
  }
}

export function tableList(counted: CountedTables): Api<'TableList'> {
  return {
    read_at: counted.readAt,
    tables: counted.tables.map((table) => tableView(table, counted)),
  }
}

function cellText(value: JsonValue | undefined): string | null {
  if (value === undefined || value === null) return null
  return typeof value === 'string' ? value : printJson(value)
}

/** @param printed an array of objects, as the target prints it */
export function tablePreview(table: string, printed: string): Api<'TablePreview'> {
  const parsed = parseJson(printed)
  const rows = Array.isArray(parsed) ? parsed.filter(isJsonObject) : []
  const columns = Object.keys(rows[0] ?? {})
  return { table, columns, rows: rows.map((row) => columns.map((name) => cellText(row[name]))) }
}
