/** Which right a role lacks, by the catalog: the server's message is in whatever language it speaks, and names what it likes. */

import { list, param, sql, type Sql } from '../../target/sql.ts'
import type { CommitUnit } from '../../target/warehouse.ts'
import type { Connection } from './connection.ts'
import type { ErrorContext } from './errors.ts'

/** What was to be done in the schema. */
export interface Undertaking {
  /** Tables that are read and written. */
  tables: readonly string[]
  /** Those of them whose columns change. */
  changed: readonly string[]
  createsTables: boolean
}

/** What the role may do, as far as it matters; a table that is not there forbids nothing. */
export interface Rights {
  hasSchema: boolean
  usesSchema: boolean
  createsInSchema: boolean
  createsTemporary: boolean
  writesTables: boolean
  ownsChanged: boolean
}

const NO_UNDERTAKING: Undertaking = { tables: [], changed: [], createsTables: false }

export function undertakingOf({ changes, steps }: CommitUnit): Undertaking {
  const changed = changes.filter(({ kind }) => kind !== 'create-table').map(({ table }) => table)
  return {
    tables: [...new Set([...steps.map(({ table }) => table), ...changed])],
    changed: [...new Set(changed)],
    createsTables: changes.some(({ kind }) => kind === 'create-table'),
  }
}

function everyTable(names: readonly string[], condition: Sql): Sql {
  return sql`coalesce((
    select bool_and(${condition})
    from pg_class as class
    where class.relnamespace = namespace.oid
      and class.relname = any (cast(array[${list(names.map(param))}] as text[]))
  ), true)`
}

export function findRights(schema: string, { tables, changed }: Undertaking): Sql {
  const mayWrite = list(
    ['select', 'insert', 'update', 'delete'].map(
      (right) => sql`has_table_privilege(class.oid, ${param(right)})`,
    ),
    sql` and `,
  )
  return sql`select
  namespace.oid is not null,
  has_schema_privilege(namespace.oid, 'usage'),
  has_schema_privilege(namespace.oid, 'create'),
  has_database_privilege(current_database(), 'temporary'),
  ${everyTable(tables, mayWrite)},
  ${everyTable(changed, sql`pg_has_role(class.relowner, 'usage')`)}
from (select 1) as one
left join pg_namespace as namespace on namespace.nspname = ${param(schema)}`
}

function quoted(name: string): string {
  return `"${name.replaceAll('"', '""')}"`
}

/** In the order in which a load needs them. */
export function grantHint(
  rights: Rights,
  { createsTables }: Undertaking,
  { schema, user, database }: ErrorContext,
): string {
  const [inSchema, to] = [`schema ${quoted(schema)}`, `to ${quoted(user)};`]
  if (!rights.hasSchema) {
    return `Run: grant create on database ${quoted(database)} ${to} or let somebody else create ${inSchema}.`
  }
  if (!rights.usesSchema || (createsTables && !rights.createsInSchema)) {
    return `Run: grant usage, create on ${inSchema} ${to}`
  }
  if (!rights.ownsChanged) {
    return `Only the owner of a table can change its columns: alter table ... owner ${to}`
  }
  if (rights.writesTables && !rights.createsTemporary) {
    return `Run: grant temporary on database ${quoted(database)} ${to}`
  }
  return `Run: grant select, insert, update, delete on all tables in ${inSchema} ${to}`
}

export function connectHint({ user, database }: ErrorContext): string {
  return `Run: grant connect on database ${quoted(database)} to ${quoted(user)};`
}

/** The hint for what was refused on the connection; no transaction may be under way. */
export async function askForHint(
  connection: Connection,
  context: ErrorContext,
  undertaking: Undertaking = NO_UNDERTAKING,
): Promise<string> {
  const [row = []] = await connection.query(findRights(context.schema, undertaking))
  const [hasSchema, usesSchema, createsInSchema, createsTemporary, writesTables, ownsChanged] =
    row.map((cell) => cell === 't')
  const rights = {
    hasSchema: hasSchema === true,
    usesSchema: usesSchema === true,
    createsInSchema: createsInSchema === true,
    createsTemporary: createsTemporary === true,
    writesTables: writesTables === true,
    ownsChanged: ownsChanged === true,
  }
  return grantHint(rights, undertaking, context)
}
