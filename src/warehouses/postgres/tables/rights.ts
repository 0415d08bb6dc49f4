/** Which right a role lacks, read from the catalog: the server's message may be in any language. */

import { list, param, sql, type Sql } from '../../sql.ts'
import type { CommitUnit } from '../../../loader/commit-unit.ts'
import type { PostgresConnection } from '../connect/connection.ts'
import type { ErrorContext } from '../errors.ts'

/** What a load needs to do in the schema. */
export interface NeededRights {
  /** Tables that it reads and writes. */
  tables: readonly string[]
  /** Those whose columns change. */
  changed: readonly string[]
  createsTables: boolean
}

/** What the role may do. A table that does not exist forbids nothing. */
interface Rights {
  hasSchema: boolean
  usesSchema: boolean
  createsInSchema: boolean
  createsTemporary: boolean
  writesTables: boolean
  ownsChanged: boolean
}

export function neededRights({ changes, steps }: CommitUnit): NeededRights {
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

/** A table that the role may write except for row-level security, and whether the role owns it. */
export function findGuarded(schema: string, { tables }: NeededRights): Sql {
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

export function findRights(schema: string, { tables, changed }: NeededRights): Sql {
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

/** An identifier for a statement that a person will run. */
export function quoted(name: string): string {
  return `"${name.replaceAll('"', '""')}"`
}

/** The first missing right, in the order in which a load needs them. */
function grantHint(
  rights: Rights,
  { createsTables }: NeededRights,
  { schema, user, database }: ErrorContext,
): string {
  const [inSchema, to] = [`schema ${quoted(schema)}`, `to ${quoted(user)};`]
  if (!rights.hasSchema) {
    return `Run: grant create on database ${quoted(database)} ${to} or let another role create ${inSchema}.`
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

/** The hint for a missing right. No transaction may be running on the connection. */
export async function findRightsHint(
  connection: PostgresConnection,
  context: ErrorContext,
  needed: NeededRights,
): Promise<string> {
  const [guarded] = await connection.query(findGuarded(context.schema, needed))
  if (guarded) return rowSecurityHint(guarded, context)
  const [row = []] = await connection.query(findRights(context.schema, needed))
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
  return grantHint(rights, needed, context)
}
