/** Statements that create, find and drop indexes of keys. */

import { createHash } from 'node:crypto'
import { id, list, lit, param, sql, type Sql } from '../../sql.ts'
import { COMMA } from '../../standard-sql.ts'
import type { PostgresTable } from '../sql.ts'
import { indexedSql, isLong, type TypedKey } from '../typed-keys.ts'

/** The names of all our indexes begin with it. */
export const INDEX_PREFIX = '_sdc_key_'

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
function expressionCount(): Sql {
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
 * One row when our index holds long values as they are: an earlier version created it, or its
 * column had another type then.
 */
export function findStaleIndex([schema, table]: PostgresTable, keys: readonly TypedKey[]): Sql {
  return sql`select 1
from pg_index as index
join pg_class as named on named.oid = index.indexrelid
join pg_am as method on method.oid = named.relam
join pg_class as class on class.oid = index.indrelid
join pg_namespace as namespace on namespace.oid = class.relnamespace
where namespace.nspname = ${param(schema)}
  and class.relname = ${param(table)}
  and named.relname = ${param(indexName([schema, table], keys))}
  and method.amname = 'btree'
  and index.indpred is null
  and ${expressionCount()} <> ${lit(keys.filter(isLong).length)}`
}

export function dropIndex(schema: string, name: string): Sql {
  return sql`drop index ${id(schema, name)}`
}

/** Names of our indexes that use the column. */
export function findOwnIndexes([schema, table]: PostgresTable, column: string): Sql {
  return sql`select distinct named.relname
from pg_class as class
join pg_namespace as namespace on namespace.oid = class.relnamespace
join pg_attribute as attribute on attribute.attrelid = class.oid
join pg_index as index on index.indrelid = class.oid
join pg_class as named on named.oid = index.indexrelid
join pg_depend as dependency
  on dependency.classid = cast('pg_class' as regclass) and dependency.objid = named.oid
  and dependency.refclassid = cast('pg_class' as regclass) and dependency.refobjid = class.oid
  and dependency.refobjsubid = attribute.attnum
where namespace.nspname = ${param(schema)}
  and class.relname = ${param(table)}
  and attribute.attname = ${param(column)}
  and starts_with(cast(named.relname as text), ${param(INDEX_PREFIX)})`
}
