/**
 * Facts about ClickHouse: names keep their case, decimals have up to 76 digits, and times end with
 * the years 1 and 9999. JSON is a string that a comment of its column marks.
 */

import type { FoundColumn, FoundTable } from '../../loader/warehouse.ts'
import type { Dialect } from '../../loader/dialect.ts'
import type { ColumnType } from '../../loader/schema/types.ts'

/** The comment of a column whose strings are JSON. The type JSON would round long numbers. */
export const JSON_COMMENT = 'JSON'
/** The same with a description behind it. */
const MARKED = /^JSON(?:: (.*))?$/s

/** Begins the comment of any other column whose description would read as the mark. */
const ESCAPE = 'Text: '
/** What reads as the mark, once all escapes are taken off. */
const LIKE_MARK = /^(?:Text: )*JSON(?:: .*)?$/s

/** The comment of a column with a description. */
export function columnComment(type: ColumnType, description: string): string {
  if (type.kind === 'json') return `${JSON_COMMENT}: ${description}`
  return LIKE_MARK.test(description) ? ESCAPE + description : description
}

/** The description in the comment of a column that is not JSON. */
function descriptionIn(comment: string): string {
  const rest = comment.startsWith(ESCAPE) ? comment.slice(ESCAPE.length) : ''
  return LIKE_MARK.test(rest) ? rest : comment
}

/** Our types by the name that `system.columns` returns, without `Nullable`. */
const OWN_TYPES: Record<string, ColumnType> = {
  Bool: { kind: 'boolean' },
  Int64: { kind: 'integer' },
  Float64: { kind: 'number' },
  Date32: { kind: 'date' },
  'Time64(6)': { kind: 'time' },
  "DateTime64(6, 'UTC')": { kind: 'timestamp' },
  String: { kind: 'text' },
}

/** Types that we never create, and the type of ours that holds all their values. */
const FOREIGN_TYPES: Record<string, ColumnType> = {
  Int8: { kind: 'integer' },
  Int16: { kind: 'integer' },
  Int32: { kind: 'integer' },
  UInt8: { kind: 'integer' },
  UInt16: { kind: 'integer' },
  UInt32: { kind: 'integer' },
  UInt64: { kind: 'decimal', precision: 38, scale: 0 },
  Float32: { kind: 'number' },
  Date: { kind: 'date' },
}

/** Times with at most six digits of a second, in any zone: they are instants. */
const FOREIGN_TIME = /^DateTime(?:\('[^']*'\)|64\([0-6](?:, '[^']*')?\))?$/
const TEXTUAL = /^(?:String|FixedString\(\d+\)|Enum(?:8|16)\(.*\))$/s

/** Types that may be null and that values are converted into. */
const WRITABLE =
  /^(?:U?Int\d+|Float(?:32|64)|Decimal\(.*|Bool|Date|Date32|DateTime.*|Time.*|UUID|IPv[46]|String|FixedString\(.*|Enum.*)$/s

/** The type without what makes it nullable or a dictionary. */
function innerType(name: string): { inner: string; isNullable: boolean } {
  const plain = /^LowCardinality\((.*)\)$/s.exec(name)?.[1] ?? name
  const inner = /^Nullable\((.*)\)$/s.exec(plain)?.[1]
  return { inner: inner ?? plain, isNullable: inner !== undefined }
}

function decimalType(name: string): ColumnType | undefined {
  const match = /^Decimal\((\d+), (\d+)\)$/.exec(name)
  return match
    ? { kind: 'decimal', precision: Number(match[1]), scale: Number(match[2]) }
    : undefined
}

function widerType(inner: string, isDictionary: boolean): ColumnType | undefined {
  if (FOREIGN_TIME.test(inner)) return { kind: 'timestamp' }
  if (inner === 'String' && isDictionary) return { kind: 'text' }
  return FOREIGN_TYPES[inner]
}

/** A column as `describeTables` returns it. */
interface DescribedColumn {
  name: string
  type: string
  /** The kind of its default: `MATERIALIZED` and `ALIAS` are computed. */
  defaultKind: string
  comment: string
}

function foundColumn({ name, type: native, defaultKind, comment }: DescribedColumn): FoundColumn {
  if (defaultKind !== '' && defaultKind !== 'DEFAULT') return { name, type: undefined }
  const { inner, isNullable } = innerType(native)
  const isDictionary = native.startsWith('LowCardinality(')
  const marked = inner === 'String' && !isDictionary ? MARKED.exec(comment) : null
  const isJson = marked !== null
  const description = marked ? (marked[1] ?? '') : descriptionIn(comment)
  const own = isDictionary ? undefined : (decimalType(inner) ?? OWN_TYPES[inner])
  const type: ColumnType | undefined = isJson ? { kind: 'json' } : own
  const widensTo = type ? undefined : widerType(inner, isDictionary)
  // Arrays, maps and the like cannot be null, so their columns are left alone.
  if (!WRITABLE.test(inner)) return { name, type: undefined }
  return {
    name,
    type,
    native: { name: native, base: inner },
    ...(widensTo && { widensTo }),
    ...(!type && TEXTUAL.test(inner) && { isTextual: true }),
    ...(!isNullable && { isRequired: true }),
    ...commented(description),
  }
}

function commented(comment: string): { comment?: string } {
  return comment === '' ? {} : { comment }
}

/** The tables of the rows that `describeTables` returns. */
export function foundTables(rows: readonly (readonly unknown[])[]): FoundTable[] {
  const tables = new Map<string, FoundTable>()
  for (const row of rows) {
    const [table = '', name = '', type = '', defaultKind = '', comment = '', ...rest] =
      row.map(String)
    const found: FoundTable = tables.get(table) ?? {
      name: table,
      columns: [],
      ...commented(rest[0] ?? ''),
    }
    if (name !== '') found.columns.push(foundColumn({ name, type, defaultKind, comment }))
    tables.set(table, found)
  }
  return [...tables.values()]
}

export const CLICKHOUSE: Dialect = {
  name: 'clickhouse',
  // A file is named after each table, with three bytes for most bytes outside of ASCII.
  maxNameBytes: 63,
  isCaseSensitive: true,
  // Decimals may have 76 digits, but a table must have the same columns in every warehouse.
  maxPrecision: 38,
  isNumberExact: false,
  maxColumns: Number.MAX_SAFE_INTEGER,
  // Virtual columns, but a column of such a name replaces it.
  systemColumns: new Set(['_row_exists', '_block_number', '_block_offset']),
  hasOnlyWritableTimes: true,
  hasColumnComments: true,
  hasViews: true,
  holdsNul: true,
  // Keys of the sorting order and indexes forbid changes.
  widening: () => 'when-exact',
}
