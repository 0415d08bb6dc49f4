/**
 * Facts about PostgreSQL: names of up to 63 bytes that keep their case, `numeric` for every number,
 * `jsonb` for JSON.
 */

import type { ColumnType } from '../../loader/schema/types.ts'
import type { FoundColumn, FoundTable } from '../../loader/warehouse.ts'
import type { Dialect } from '../../loader/dialect.ts'

/** Our types by the name that `format_type` returns. */
const OWN_TYPES: Record<string, ColumnType> = {
  boolean: { kind: 'boolean' },
  bigint: { kind: 'integer' },
  numeric: { kind: 'number' },
  date: { kind: 'date' },
  'time without time zone': { kind: 'time' },
  'timestamp with time zone': { kind: 'timestamp' },
  text: { kind: 'text' },
  jsonb: { kind: 'json' },
}

/** Types that we never create, and the type of ours that holds all their values. */
const FOREIGN_TYPES: Record<string, ColumnType> = {
  smallint: { kind: 'integer' },
  integer: { kind: 'integer' },
  real: { kind: 'number' },
  'double precision': { kind: 'number' },
  'timestamp without time zone': { kind: 'timestamp' },
  'character varying': { kind: 'text' },
  character: { kind: 'text' },
}

function decimalType(name: string): ColumnType | undefined {
  const match = /^numeric\((\d+),(\d+)\)$/.exec(name)
  if (!match) return undefined
  const [precision, scale] = [Number(match[1]), Number(match[2])]
  return scale <= precision ? { kind: 'decimal', precision, scale } : undefined
}

/** The type of a column, as `describeTables` returns it. */
interface DescribedType {
  /** As `format_type` returns it; null for a computed column. */
  name: string | null
  base: string | null
  equalitySchema: string | null
  /** True for a type of strings, including enums. */
  isTextual: boolean
}

/** What the loader knows of a column by its type. */
function foundType(described: DescribedType): Omit<FoundColumn, 'name'> {
  const { name, base, equalitySchema, isTextual } = described
  if (name === null) return { type: undefined }
  const native = {
    name,
    base: base ?? name,
    ...(equalitySchema !== null && { equalitySchema }),
  }
  const type = decimalType(name) ?? OWN_TYPES[name]
  if (type) return { type, native }
  // Lengths and digits of seconds are limits. The type without its limit holds all values.
  const unlimited = name.replace(/\(\d+\)/, '')
  const widensTo =
    FOREIGN_TYPES[unlimited] ?? (unlimited === name ? undefined : OWN_TYPES[unlimited])
  const isJson = ['json', 'jsonb'].includes(native.base)
  return {
    type: undefined,
    native,
    ...(widensTo && { widensTo }),
    ...(isJson && { takes: { kind: 'json' } }),
    ...(isTextual && { isTextual }),
  }
}

function commented(comment: string | null | undefined): { comment?: string } {
  return comment ? { comment } : {}
}

/** The tables of the rows that `describeTables` returns. */
export function foundTables(rows: readonly (readonly (string | null)[])[]): FoundTable[] {
  const tables = new Map<string, FoundTable>()
  for (const [table, column, name = null, base = null, equalitySchema = null, ...facts] of rows) {
    const [isRequired, isTextual, comment, tableComment, isOwner] = facts
    const found: FoundTable = tables.get(String(table)) ?? {
      name: String(table),
      columns: [],
      ...commented(tableComment),
      ...(isOwner === 'f' && { isCommentFixed: true }),
    }
    const type = foundType({ name, base, equalitySchema, isTextual: isTextual === 't' })
    const required = isRequired === 't' && { isRequired: true }
    if (column) found.columns.push({ name: column, ...type, ...required, ...commented(comment) })
    tables.set(found.name, found)
  }
  return [...tables.values()]
}

export const POSTGRES: Dialect = {
  name: 'postgres',
  maxNameBytes: 63,
  isCaseSensitive: true,
  // numeric has more digits, but a table must have the same columns in every warehouse.
  maxPrecision: 38,
  isNumberExact: true,
  // The documented limits of numeric, which also apply to jsonb.
  numberDigits: { whole: 131_072, fraction: 16_383 },
  maxColumns: 1600,
  systemColumns: new Set(['ctid', 'xmin', 'xmax', 'cmin', 'cmax', 'tableoid']),
  hasColumnComments: true,
  hasViews: true,
  holdsNul: false,
  // No value is ever lost, but a view that uses the column forbids the change.
  widening: () => 'when-exact',
}
