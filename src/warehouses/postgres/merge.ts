/**
 * Staged rows into their table. Rows are matched by their key, not by a unique index: tables made by others may have none, keys may
 * change between runs, come twice in append-only tables, be null in one of several columns or longer than an index takes. Two
 * loads cannot collide, because each holds the lock of the tables; the index that is made here is for speed alone.
 */

import { createHash } from 'node:crypto'
import { id, list, lit, param, sql, type Sql } from '../sql.ts'
import type { ColumnType } from '../../loader/schema/types.ts'
import type { NativeType } from '../../loader/warehouse.ts'
import { AND, columnNames, COMMA, type StagedStep } from '../standard-sql.ts'
import { STAGE, type PostgresTable } from './sql.ts'

/** Characters of text keys that go into the index, all columns together: at four bytes each far below the limit of 2,704 bytes. */
const INDEXED_CHARS = 500
/** Of that limit, what the parts of an index may take together, and what a part that is no text takes at most. */
const INDEXED_BYTES = 2600
const PART_BYTES = 32
/** In front of the name of every index of ours. */
export const INDEX_PREFIX = '_sdc_key_'

/** A key column, with what its type needs to be compared and indexed. */
export interface TypedKey {
  name: string
  type: ColumnType
  /** Where the column is foreign. */
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

/** A foreign column is compared as its type does, through an index that is there. */
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

/** What stands in the index for a key: the start of a text, the hash of a number, which is the same for 1 and 1.0. */
function indexedSql(key: TypedKey, column: Sql, keys: readonly TypedKey[]): Sql {
  if (isText(key)) return sql`left(${column}, ${lit(indexedChars(keys))}) collate "C"`
  return isLong(key) ? sql`hash_numeric_extended(${column}, 0)` : column
}

/**
 * Whether keys can be found through an index of ours: not JSON, whose values may be long, and not where null counts as a value, which
 * is rare.
 */
export function isIndexable(keys: readonly TypedKey[]): boolean {
  return (
    keys.length > 0 &&
    keys.length <= 32 &&
    keys.every((key) => !key.isNullable && key.type.kind !== 'json')
  )
}

/** The same for the same columns, so that it is made once; another key makes another index. */
export function indexName([, table]: PostgresTable, keys: readonly TypedKey[]): string {
  const named = JSON.stringify([table, keys.map(({ name }) => name)])
  return `${INDEX_PREFIX}${createHash('sha256').update(named).digest('hex').slice(0, 16)}`
}

/** Not unique: it makes the merge fast, and the merge itself keeps keys apart. */
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

/** How many parts of an index are no columns. */
export function expressionCount(): Sql {
  return sql`(select count(*) from unnest(index.indkey) as part (attnum) where attnum = 0)`
}

/**
 * One row when we may index the table: whether an index already leads to its keys, and with it to few rows. Partial ones do not, nor
 * those that hold ranges of pages, parts of values, or expressions; nor one that compares texts in another way than the column does.
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

/** A value of the column's type that stands in for null where equality has to be fast; what is null is compared on top of it. */
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

/** The columns of the stage of which one is set in a row that is to go. */
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

/** Takes out the rows whose key comes with a mark of deletion. */
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

/** Undefined where a row is nothing but its key. */
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
 * One row where a staged key is in the table already. The join is planned for all its rows, though it ends at the first: planned for one
 * row it would compare each row with each, and there may be none.
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

/** Adds all rows; none of their keys may be there. */
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

/** Adds the rows whose key is not there. */
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
