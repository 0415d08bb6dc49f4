/**
 * Statements that find and drop our indexes: before a column changes, or when they are out of date.
 */

import { id, lit, param, sql, type Sql } from '../../sql.ts'
import { expressionCount, INDEX_PREFIX, indexName, isLong, type TypedKey } from '../merge.ts'
import type { PostgresTable } from '../sql.ts'

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
