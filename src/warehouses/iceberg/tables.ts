/** What the metadata of a table says about its columns. */

import type { Column } from '../../loader/commit-unit.ts'
import { isSameType, type ColumnType } from '../../loader/schema/types.ts'
import type { FoundColumn, FoundTable } from '../../loader/warehouse.ts'
import { foldName } from '../../urls/name-folding.ts'
import { foundType } from '../duckdb/dialect.ts'
import { familyBehind } from '../duckdb/tables/lakes.ts'
import { storageOf } from './dialect.ts'
import { fieldOf } from './http.ts'
import type { RestTable } from './rest.ts'

/** DuckDB's names of the types that have no parts, as `describe` prints them. */
const DUCKDB_TYPES: Record<string, string> = {
  boolean: 'BOOLEAN',
  int: 'INTEGER',
  long: 'BIGINT',
  float: 'FLOAT',
  double: 'DOUBLE',
  date: 'DATE',
  time: 'TIME',
  timestamp: 'TIMESTAMP',
  timestamptz: 'TIMESTAMP WITH TIME ZONE',
  timestamp_ns: 'TIMESTAMP_NS',
  string: 'VARCHAR',
  uuid: 'UUID',
  binary: 'BLOB',
  variant: 'VARIANT',
  geometry: 'GEOMETRY',
}

/**
 * The property that marks a string column whose values are JSON. Iceberg has no such type. A field
 * id belongs to one column forever, also when it gets another name. A column that was dropped and
 * created again has another one, and so no mark.
 */
export function jsonProperty(fieldId: number): string {
  return `target-warehouse.json.${fieldId}`
}

function quoted(name: unknown): string {
  return `"${String(name).replaceAll('"', '""')}"`
}

function listOf(value: unknown): unknown[] {
  return Array.isArray(value) ? value : []
}

/** Undefined for a type that DuckDB does not have. */
function duckdbType(type: unknown): string | undefined {
  if (typeof type === 'string') {
    const decimal = /^decimal\((\d+), ?(\d+)\)$/.exec(type)
    if (decimal) return `DECIMAL(${decimal[1]},${decimal[2]})`
    return type.startsWith('fixed[') ? 'BLOB' : DUCKDB_TYPES[type]
  }
  const part = (name: string) => duckdbType(fieldOf(type, name))
  switch (fieldOf(type, 'type')) {
    case 'list': {
      const element = part('element')
      return element && `${element}[]`
    }
    case 'map': {
      const [key, value] = [part('key'), part('value')]
      return key && value && `MAP(${key}, ${value})`
    }
    case 'struct': {
      const fields = listOf(fieldOf(type, 'fields')).map((field) => {
        const of = duckdbType(fieldOf(field, 'type'))
        return of && `${quoted(fieldOf(field, 'name'))} ${of}`
      })
      return fields.includes(undefined) ? undefined : `STRUCT(${fields.join(', ')})`
    }
  }
  return undefined
}

/** The one of `list` whose `key` is the current one. */
function current(metadata: unknown, list: string, { key, id }: { key: string; id: string }) {
  const wanted = fieldOf(metadata, id)
  return listOf(fieldOf(metadata, list)).find((one) => fieldOf(one, key) === wanted)
}

function fieldsOf(metadata: unknown): unknown[] {
  const names = { key: 'schema-id', id: 'current-schema-id' }
  return listOf(fieldOf(current(metadata, 'schemas', names), 'fields'))
}

function isJson(metadata: unknown, field: unknown): boolean {
  const property = jsonProperty(Number(fieldOf(field, 'id')))
  return fieldOf(fieldOf(metadata, 'properties'), property) === 'true'
}

const JSON_TYPE: ColumnType = { kind: 'json' }

function foundColumn(metadata: unknown, field: unknown): FoundColumn {
  const name = String(fieldOf(field, 'name'))
  const found = foundType(duckdbType(fieldOf(field, 'type')) ?? null, storageOf)
  const isText = found.type?.kind === 'text'
  const doc = fieldOf(field, 'doc')
  return {
    name,
    ...found,
    ...(isText && isJson(metadata, field) && { type: JSON_TYPE }),
    ...(fieldOf(field, 'required') === true && { isRequired: true }),
    ...(typeof doc === 'string' && doc !== '' && { comment: doc }),
  }
}

export function foundTable({ name, metadata }: RestTable): FoundTable {
  // The property by which other programs describe a table.
  const comment = fieldOf(fieldOf(metadata, 'properties'), 'comment')
  return {
    name,
    columns: fieldsOf(metadata).map((field) => foundColumn(metadata, field)),
    ...(typeof comment === 'string' && comment !== '' && { comment }),
  }
}

function folded(name: string): string {
  return foldName(name, { isCaseSensitive: false })
}

/** True when the table has exactly these columns, in this order, and all of them take null. */
export function hasColumns(table: RestTable, columns: readonly Column[]): boolean {
  const found = foundTable(table).columns
  return (
    found.length === columns.length &&
    columns.every(({ name, type }, at) => {
      const one = found[at]
      if (one?.type === undefined || one.isRequired === true) return false
      return folded(one.name) === folded(name) && isSameType(one.type, type)
    })
  )
}

/** The newest field id of a table, and the names of its columns that hold JSON. */
export interface TableFields {
  lastId: number
  /** In small letters. */
  json: Set<string>
}

export function tableFields(table: RestTable): TableFields {
  const json = foundTable(table).columns.filter(({ type }) => type?.kind === 'json')
  return {
    lastId: Number(fieldOf(table.metadata, 'last-column-id')),
    json: new Set(json.map(({ name }) => folded(name))),
  }
}

/** What keeps a field from being replaced by a new one of its name. */
function fieldUsers(metadata: unknown, field: unknown): string[] {
  const fieldId = fieldOf(field, 'id')
  const uses = (list: string, names: { key: string; id: string }) =>
    listOf(fieldOf(current(metadata, list, names), 'fields')).some(
      (one) => fieldOf(one, 'source-id') === fieldId,
    )
  const schema = current(metadata, 'schemas', { key: 'schema-id', id: 'current-schema-id' })
  const isDefined = (name: string) => (fieldOf(field, name) ?? null) !== null
  const users: Record<string, boolean> = {
    'the constraint NOT NULL of the column': fieldOf(field, 'required') === true,
    'the default of the column': isDefined('initial-default') || isDefined('write-default'),
    'the partitions of the table': uses('partition-specs', {
      key: 'spec-id',
      id: 'default-spec-id',
    }),
    'the order of the table': uses('sort-orders', { key: 'order-id', id: 'default-sort-order-id' }),
    'the identifier fields of the table': listOf(fieldOf(schema, 'identifier-field-ids')).includes(
      fieldId,
    ),
  }
  return Object.keys(users).filter((user) => users[user] === true)
}

/**
 * What keeps the column, and those that must stay behind it, from being replaced by new ones. New
 * ones are not part of the partitions or of the order, and take null.
 */
export function columnUsers({ metadata }: RestTable, column: string): string[] {
  const fields = fieldsOf(metadata)
  const names = fields.map((field) => String(fieldOf(field, 'name')))
  const replaced = new Set([column, ...familyBehind(names, column)])
  return fields
    .filter((_, at) => replaced.has(names[at] ?? ''))
    .flatMap((field) => fieldUsers(metadata, field))
}
