/** Tables and their columns as the API shows them. Pure. */

import type { InspectedTable } from '../../runner/warehouse/target-client.ts'
import { STREAMS } from '../../streams/index.ts'
import { isJsonObject, parseJson, printJson, type JsonValue } from '../../singer/json.ts'
import type { Api } from '../api/schemas.generated.ts'
import type { CountedTables } from '../runs/kept-counts.ts'

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

/** The columns that a stream brings. */
export function streamColumns(stream: string): Api<'Column'>[] {
  return Object.entries(propertiesOf(stream)).map(([name, property]) => ({
    name,
    type: typeText(property),
    description: property.description ?? null,
  }))
}

/** `2025-05-19 10:20:00+00`, as databases print an instant in UTC. */
const PRINTED_INSTANT = /^(\d{4}-\d\d-\d\d)[ T](\d\d:\d\d:\d\d(?:\.\d+)?)(?:Z|\+00(?::?00)?)?$/

/** RFC 3339. Null for what is no instant, such as a number. */
function instantOf(printed: string | null): string | null {
  const [, date, time] = PRINTED_INSTANT.exec(printed ?? '') ?? []
  return date === undefined ? null : `${date}T${time}Z`
}

/** A comment in the warehouse counts before the description in the stream. */
function columnViews({ stream, columns }: InspectedTable): Api<'Column'>[] {
  const properties = propertiesOf(stream)
  return columns.map(({ name, type, native_type: native, description }) => ({
    name,
    type: native ?? type,
    description: description ?? properties[name]?.description ?? METADATA[name] ?? null,
  }))
}

function tableView(table: InspectedTable): Api<'Table'> {
  const exists = table.rows !== null
  return {
    stream: table.stream,
    table: table.table,
    exists,
    live_rows: table.rows,
    deleted_rows: table.deleted_rows,
    newest_update: instantOf(table.newest_update),
    columns: exists ? columnViews(table) : streamColumns(table.stream),
  }
}

export function tableList(counted: CountedTables): Api<'TableList'> {
  return {
    read_at: counted.readAt,
    tables: counted.tables.map(tableView),
  }
}

function cellText(value: JsonValue | undefined): string | null {
  if (value === undefined || value === null) return null
  return typeof value === 'string' ? value : printJson(value)
}

/** @param printed an array of objects, as the target prints it */
export function tablePreview(
  { table, columns: known }: InspectedTable,
  printed: string,
): Api<'TablePreview'> {
  const parsed = parseJson(printed)
  const rows = Array.isArray(parsed) ? parsed.filter(isJsonObject) : []
  const columns = rows[0] ? Object.keys(rows[0]) : known.map(({ name }) => name)
  return { table, columns, rows: rows.map((row) => columns.map((name) => cellText(row[name]))) }
}
