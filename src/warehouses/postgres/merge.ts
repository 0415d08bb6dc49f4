/**
 * Statements that merge staged rows into their table. Rows are matched by key, not by a unique
 * index: the tables of others may have none, and keys may change between runs, repeat in
 * append-only tables, be null in one of several columns, or be too long for an index. Two loads
 * cannot conflict, because each holds the lock of its tables. The index that is created here only
 * makes the merge faster.
 */

import { createHash } from 'node:crypto'
import { id, list, lit, param, sql, type Sql } from '../sql.ts'
import type { ColumnType } from '../../loader/schema/types.ts'
import type { NativeType } from '../../loader/warehouse.ts'
import { AND, columnNames, COMMA, type StagedStep } from '../standard-sql.ts'
import { STAGE, type PostgresTable } from './sql.ts'

/** Characters of text keys in the index, at most. An index entry is limited to 2,704 bytes. */
const INDEXED_CHARS = 500
/** Bytes that all parts of an index may take, and that a part other than text takes at most. */
const INDEXED_BYTES = 2600
const PART_BYTES = 32
/** The names of all our indexes begin with it. */
export const INDEX_PREFIX = '_sdc_key_'

/** A key column, with the facts that comparing and indexing need. */
export interface TypedKey {
  name: string
  type: ColumnType
  /** Present for a foreign column. */
  native?: NativeType
  isNullable: boolean
}

export function typedKeys({ keys, columns, foreign = [] }: StagedStep): TypedKey[] {
  const types = new Map(columns.map(({ name, type }) => [name, type]))
  const natives = new Map(foreign.map(({ name, native }) => [name, native]))
  return keys.map(({ column, isNullable }) => {
    const native = natives.get(column)
    const type = types.get(column) ?? { kind: 'text' as const }
    return { name: column, type, ...(native && { native }), isNullable }
  })
}

/** Foreign columns are compared by their own type, and we create no index for them. */
function isText({ type, native }: TypedKey): boolean {
  return type.kind === 'text' && native === undefined
}

/** True for values that may be too long for an index: a number has up to 147,455 digits. */
export function isLong({ type, native }: TypedKey): boolean {
  return (type.kind === 'text' || type.kind === 'number') && native === undefined
}

/** Characters of each text key in the index. */
function indexedChars(keys: readonly TypedKey[]): number {
  const texts = keys.filter(isText).length
  const bytes = INDEXED_BYTES - (keys.length - texts) * PART_BYTES
  return Math.floor(Math.min(INDEXED_CHARS, bytes / 4) / texts)
}

/**
 * The index entry of a key: the start of a string, or the hash of a number, which is equal for 1
 * and 1.0.
 */
function indexedSql(key: TypedKey, column: Sql, keys: readonly TypedKey[]): Sql {
  if (isText(key)) return sql`left(${column}, ${lit(indexedChars(keys))}) collate "C"`
  return isLong(key) ? sql`hash_numeric_extended(${column}, 0)` : column
}

/**
 * True when an index of ours can lead to the keys. It cannot for JSON, whose values may be long,
 * nor for keys in which null is a value.
 */
export function isIndexable(keys: readonly TypedKey[]): boolean {
  return (
    keys.length > 0 &&
    keys.length <= 32 &&
    keys.every((key) => !key.isNullable && key.type.kind !== 'json')
  )
}

/** Equal for the same table and columns, so that the index is created once. */
export function indexName([, table]: PostgresTable, keys: readonly TypedKey[]): string {
  const named = JSON.stringify([table, keys.map(({ name }) => name)])
  return `${INDEX_PREFIX}${createHash('sha256').update(named).digest('hex').slice(0, 16)}`
}

/** Not unique: the merge itself keeps keys unique. */
export function createIndex(table: PostgresTable, keys: readonly TypedKey[]): Sql {
  const parts = keys.map((key) => {
    const indexed = indexedSql(key, id(key.name), keys)
    return isLong(key) ? sql`(${indexed})` : indexed
  })
  return sql`create index if not exists ${id(indexName(table, keys))}
on ${id(...table)} (
  ${list(parts, COMMA)}
)`
}

/** How many parts of an index are expressions. */
export function expressionCount(): Sql {
  return sql`(select count(*) from unnest(index.indkey) as part (attnum) where attnum = 0)`
}

/**
 * One row when we may index the table: whether an index already leads to the keys. Not counted are
 * partial indexes, other methods than btree and hash, expressions, and indexes with another
 * collation than the column.
 */
export function findIndex([schema, table]: PostgresTable, keys: readonly TypedKey[]): Sql {
  const columns = keys.map(({ name }) => param(name))
  const name = param(indexName([schema, table], keys))
  return sql`select exists (
  select 1
  from pg_index as index
  join pg_class as named on named.oid = index.indexrelid
  join pg_am as method on method.oid = named.relam
  where index.indrelid = class.oid
    and index.indisvalid
    and index.indisready
    and index.indpred is null
    and (method.amname = 'btree' or (method.amname = 'hash' and index.indnkeyatts = ${lit(keys.length)}))
    and (
      (
        named.relname = ${name}
        and index.indnkeyatts = ${lit(keys.length)}
        and ${expressionCount()} = ${lit(keys.filter(isLong).length)}
      )
      or named.relname <> ${name} and (
        select array_agg(cast(attribute.attname as text) order by attribute.attname collate "C")
        from unnest(index.indkey, index.indclass, index.indcollation)
          with ordinality as part (attnum, opclass, collation_id, at)
        join pg_attribute as attribute
          on attribute.attrelid = class.oid
          and attribute.attnum = part.attnum
          and attribute.attcollation = part.collation_id
        join pg_opclass on pg_opclass.oid = part.opclass and opcdefault
        where part.at <= ${lit(keys.length)}
      ) = (
        select array_agg(wanted.name order by wanted.name collate "C")
        from unnest(cast(array[${list(columns)}] as text[])) as wanted (name)
      )
    )
)
from pg_class as class
join pg_namespace as namespace on namespace.oid = class.relnamespace
where namespace.nspname = ${param(schema)}
  and class.relname = ${param(table)}
  and class.relkind in ('r', 'p')
  and pg_has_role(class.relowner, 'usage')
  and has_schema_privilege(namespace.oid, 'create')`
}

/**
 * A value that replaces null, so that a join can compare by equality. Nulls are compared again on
 * top.
 */
function standInSql(type: ColumnType): Sql {
  switch (type.kind) {
    case 'boolean':
      return sql`false`
    case 'integer':
    case 'decimal':
    case 'number':
      return sql`0`
    case 'date':
    case 'timestamp':
      return sql`'epoch'`
    case 'time':
      return sql`'00:00'`
    case 'text':
      return sql`''`
    case 'json':
      return sql`'null'`
  }
}

function keyMatch(key: TypedKey, keys: readonly TypedKey[]): Sql {
  const target = sql`target.${id(key.name)}`
  const stage = sql`stage.${id(key.name)}`
  if (key.isNullable) {
    const standIn = standInSql(key.type)
    return sql`coalesce(${target}, ${standIn}) = coalesce(${stage}, ${standIn})
  and ${target} is not distinct from ${stage}`
  }
  const schema = key.native?.equalitySchema
  if (schema !== undefined) return sql`${target} operator(${id(schema)}.=) ${stage}`
  if (!isLong(key)) return sql`${target} = ${stage}`
  return sql`${indexedSql(key, target, keys)} = ${indexedSql(key, stage, keys)}
  and ${target} = ${stage}`
}

function matches(step: StagedStep): Sql {
  const keys = typedKeys(step)
  return list(
    keys.map((key) => keyMatch(key, keys)),
    AND,
  )
}

/** Columns of the stage. One of them is set in a row that asks for the deletion of its key. */
function deletionMarks(deleteWhereSet: string, { foreign = [] }: StagedStep): Sql[] {
  const variants = foreign.find(({ name }) => name === deleteWhereSet)?.variants ?? []
  return [deleteWhereSet, ...variants.map(({ name }) => name)].map((name) => sql`stage.${id(name)}`)
}

function isKept(deleteWhereSet: string, step: StagedStep): Sql {
  const marks = deletionMarks(deleteWhereSet, step).map((mark) => sql`${mark} is null`)
  return list(marks, AND)
}

function stageFilter(step: StagedStep): Sql {
  const { deleteWhereSet } = step
  return deleteWhereSet === undefined ? sql`` : sql`\n  and ${isKept(deleteWhereSet, step)}`
}

/** Deletes the rows whose staged key has a deletion mark. */
export function deleteStaged(
  table: PostgresTable,
  step: StagedStep & { deleteWhereSet: string },
): Sql {
  const set = deletionMarks(step.deleteWhereSet, step)
  const marks = set.map((mark) => sql`${mark} is not null`)
  return sql`delete from ${id(...table)} as target
using ${id(...STAGE)} as stage
where ${matches(step)}
  and (${list(marks, sql` or `)})`
}

/** Undefined when rows consist of their key only. */
export function updateStaged(table: PostgresTable, step: StagedStep): Sql | undefined {
  const keys = new Set(step.keys.map(({ column }) => column))
  const others = step.columns.filter(({ name }) => !keys.has(name))
  if (others.length === 0) return undefined
  const updates = others.map(({ name }) => sql`${id(name)} = stage.${id(name)}`)
  return sql`update ${id(...table)} as target
set ${list(updates, COMMA)}
from ${id(...STAGE)} as stage
where ${matches(step)}${stageFilter(step)}`
}

/**
 * One row when a staged key is already in the table. The join is materialized, so that it is
 * planned for all rows: planned for one row it would compare every pair of rows.
 */
export function findStaged(table: PostgresTable, step: StagedStep): Sql {
  return sql`with found as materialized (
  select 1
  from ${id(...STAGE)} as stage
  join ${id(...table)} as target
    on ${matches(step)}
)
select 1
from found
limit 1`
}

/** Inserts all rows. None of their keys may be in the table. */
export function insertNew(table: PostgresTable, step: StagedStep): Sql {
  const values = step.columns.map(({ name }) => sql`stage.${id(name)}`)
  const filter =
    step.deleteWhereSet === undefined ? sql`` : sql`\nwhere ${isKept(step.deleteWhereSet, step)}`
  return sql`insert into ${id(...table)} (
  ${columnNames(step.columns)}
)
select
  ${list(values, COMMA)}
from ${id(...STAGE)} as stage${filter}`
}

/** Inserts the rows whose key is not in the table. */
export function insertStaged(table: PostgresTable, step: StagedStep): Sql {
  const values = step.columns.map(({ name }) => sql`stage.${id(name)}`)
  return sql`insert into ${id(...table)} (
  ${columnNames(step.columns)}
)
select
  ${list(values, COMMA)}
from ${id(...STAGE)} as stage
where not exists (
  select 1
  from ${id(...table)} as target
  where ${matches(step)}
)${stageFilter(step)}`
}
