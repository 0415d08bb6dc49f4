/** Which right a role lacks, by the catalog: the server's message is in whatever language it speaks, and names what it likes. */

import { list, param, sql, type Sql } from '../../sql.ts'
import type { CommitUnit } from '../../../loader/warehouse.ts'
import type { PostgresConnection } from '../connect/connection.ts'
import type { ErrorContext } from '../errors.ts'

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

export function undertakingOf({ changes, steps }: CommitUnit): Undertaking {
  const changed = changes.filter(({ kind }) => kind !== 'create-table').map(({ table }) => table)
  // Foreign columns may get variant columns.
  const foreign = steps.filter((step) => step.kind !== 'empty' && step.foreign !== undefined)
  return {
    tables: [...new Set([...steps.map(({ table }) => table), ...changed])],
    changed: [...new Set([...changed, ...foreign.map(({ table }) => table)])],
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

function mayWrite(): Sql {
  return list(
    ['select', 'insert', 'update', 'delete'].map(
      (right) => sql`has_table_privilege(class.oid, ${param(right)})`,
    ),
    sql` and `,
  )
}

/** A table that the role may write, were it not for row-level security; and whether the role owns it. */
export function findGuarded(schema: string, { tables }: Undertaking): Sql {
  return sql`select class.relname, pg_has_role(class.relowner, 'usage')
from pg_class as class
join pg_namespace as namespace on namespace.oid = class.relnamespace
where namespace.nspname = ${param(schema)}
  and class.relname = any (cast(array[${list(tables.map(param))}] as text[]))
  and ${mayWrite()}
  and row_security_active(class.oid)
order by class.relname
limit 1`
}

function rowSecurityHint([table, isOwner]: readonly unknown[], context: ErrorContext): string {
  const { schema, user } = context
  const name = `${quoted(schema)}.${quoted(String(table))}`
  const change =
    isOwner === 't'
      ? `alter table ${name} no force row level security;`
      : `alter table ${name} owner to ${quoted(user)};`
  return `Row-level security of table ${name} would hide rows from the role. Run: ${change} or: alter role ${quoted(user)} bypassrls;`
}

export function findRights(schema: string, { tables, changed }: Undertaking): Sql {
  return sql`select
  namespace.oid is not null,
  has_schema_privilege(namespace.oid, 'usage'),
  has_schema_privilege(namespace.oid, 'create'),
  has_database_privilege(current_database(), 'temporary'),
  ${everyTable(tables, mayWrite())},
  ${everyTable(changed, sql`pg_has_role(class.relowner, 'usage')`)}
from (select 1) as one
left join pg_namespace as namespace on namespace.nspname = ${param(schema)}`
}

/** As an identifier in a statement that a person will run. */
export function quoted(name: string): string {
  return `"${name.replaceAll('"', '""')}"`
}

/** In the order in which a load needs them. */
function grantHint(
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
  if (rights.writesTables && rights.createsTemporary && !rights.ownsChanged) {
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
  connection: PostgresConnection,
  context: ErrorContext,
  undertaking: Undertaking,
): Promise<string> {
  const [guarded] = await connection.query(findGuarded(context.schema, undertaking))
  if (guarded) return rowSecurityHint(guarded, context)
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
