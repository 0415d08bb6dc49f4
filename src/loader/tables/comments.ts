/**
 * Plans the comments of tables and columns, from the descriptions of the SCHEMA.
 *
 * The ledger remembers every comment that a load has set, and every table that a load has created.
 * So a comment is ours if it is the one that was set last. Any other comment is the user's own, and
 * stays. So do all comments of tables that another program created.
 */

import { isJsonObject, parseJson, type JsonObject, type JsonValue } from '../../singer/json.ts'
import type { SchemaMessage } from '../../singer/messages.ts'
import type { Change, CommentedColumn, SetComments } from '../commit-unit.ts'
import type { Dialect } from '../dialect.ts'
import { StringCleaner } from '../values/text.ts'
import type { FoundTable } from '../warehouse.ts'
import type { KnownTables } from './known-tables.ts'
import { METADATA_COLUMNS, METADATA_COMMENTS, type MetadataName } from './metadata.ts'
import { declaredProperties, type TablePlan } from './plan.ts'

/** The name under which the comment of the table itself is kept. No column has it. */
const TABLE = ''

/** Comments by the name of the column. */
type Comments = Map<string, string>

/** The comments that a SCHEMA asks for. */
export interface WantedComments {
  table: string
  /** True if the next commit creates the table. */
  isNew: boolean
  comment?: string | undefined
  columns: readonly CommentedColumn[]
}

/** The description of a schema as a comment; undefined without one. */
export function commentOf(schema: JsonValue | undefined): string | undefined {
  const description = isJsonObject(schema) ? schema['description'] : undefined
  if (typeof description !== 'string') return undefined
  const text = new StringCleaner(false).cleanText(description.trim())
  return text === '' ? undefined : text
}

function foundComments({ comment, columns }: FoundTable): Comments {
  const named = columns.map((column): [string, string | undefined] => [column.name, column.comment])
  const all: [string, string | undefined][] = [[TABLE, comment], ...named]
  return new Map(all.filter((entry): entry is [string, string] => Boolean(entry[1])))
}

/** What the row of the ledger remembers of a commit; undefined for a commit that set nothing. */
export function setByChanges(
  changes: readonly Change[],
  ownTables: readonly string[],
): JsonObject | undefined {
  const set = new Map<string, JsonObject>()
  for (const change of changes) {
    if (ownTables.includes(change.table)) continue
    if (change.kind === 'create-table') set.set(change.table, {})
    if (change.kind !== 'set-comments') continue
    const { comment } = change
    const columns = change.columns.map(({ name, comment: text }): [string, string] => [name, text])
    if (comment !== undefined) columns.push([TABLE, comment])
    set.set(change.table, { ...set.get(change.table), ...Object.fromEntries(columns) })
  }
  return set.size === 0 ? undefined : Object.fromEntries(set)
}

/** @param stored what rows of the ledger remember, oldest first. */
function rememberedComments(stored: readonly string[]): Map<string, Comments> {
  const remembered = new Map<string, Comments>()
  for (const text of stored) {
    const document = parseJson(text)
    if (!isJsonObject(document)) continue
    for (const [table, comments] of Object.entries(document)) {
      const known = remembered.get(table) ?? new Map<string, string>()
      for (const [name, comment] of Object.entries(isJsonObject(comments) ? comments : {})) {
        if (typeof comment === 'string') known.set(name, comment)
      }
      remembered.set(table, known)
    }
  }
  return remembered
}

export class CommentPlanner {
  /** The comments that the tables have, with those that this run sets. */
  readonly #current: Map<string, Comments>
  /** Tables whose comments the role may not change. */
  readonly #fixed: ReadonlySet<string>
  readonly #readStored: () => Promise<readonly string[]>
  /** The comments of our tables that loads have set; read when they are first needed. */
  #remembered: Map<string, Comments> | undefined

  /** @param readStored what the ledger remembers, oldest first. */
  constructor(found: readonly FoundTable[], readStored: () => Promise<readonly string[]>) {
    this.#current = new Map(found.map((table) => [table.name, foundComments(table)]))
    this.#fixed = new Set(
      found.filter(({ isCommentFixed }) => isCommentFixed).map(({ name }) => name),
    )
    this.#readStored = readStored
  }

  /** The change that brings the comments up to date; undefined when there is nothing to set. */
  async plan(wanted: WantedComments): Promise<SetComments | undefined> {
    const { table, comment, columns } = wanted
    if (this.#fixed.has(table)) return undefined
    const current = this.#current.get(table) ?? new Map<string, string>()
    const differs = (name: string, text: string) => current.get(name) !== text
    const isTableDue = comment !== undefined && differs(TABLE, comment)
    const due = columns.filter(({ name, comment: text }) => differs(name, text))
    if (!wanted.isNew && !isTableDue && due.length === 0) return undefined
    const ours = await this.#ours(wanted)
    if (!ours) return undefined
    const isFree = (name: string) => !current.has(name) || current.get(name) === ours.get(name)
    const change: SetComments = {
      kind: 'set-comments',
      table,
      columns: due.filter(({ name }) => isFree(name)),
      ...(isTableDue && isFree(TABLE) && { comment }),
    }
    const set = change.columns.map(({ name, comment: text }): [string, string] => [name, text])
    if (change.comment !== undefined) set.push([TABLE, change.comment])
    for (const [name, text] of set) {
      current.set(name, text)
      ours.set(name, text)
    }
    this.#current.set(table, current)
    return set.length === 0 ? undefined : change
  }

  /** The comments of the table that loads have set; undefined for a table of another program. */
  async #ours({ table, isNew }: WantedComments): Promise<Comments | undefined> {
    this.#remembered ??= rememberedComments(await this.#readStored())
    const known = this.#remembered.get(table)
    if (known || !isNew) return known
    const created = new Map<string, string>()
    this.#remembered.set(table, created)
    return created
  }
}

export interface DescriptionOptions {
  dialect: Dialect
  tables: KnownTables
  comments: CommentPlanner
}

/** The comments of our columns that a SCHEMA describes. Variant columns have none. */
function describedColumns(plan: TablePlan, message: SchemaMessage): CommentedColumn[] {
  const declared = declaredProperties(message)
  return plan.properties.flatMap(({ property, column, type }) => {
    const comment = commentOf(declared[property])
    return comment === undefined || !type ? [] : [{ name: column, type, comment }]
  })
}

/**
 * Plans the comments of a stream's table: what its SCHEMA says, and the `_sdc_` columns. To be
 * called after the columns are planned.
 */
export class Descriptions {
  readonly #options: DescriptionOptions

  constructor(options: DescriptionOptions) {
    this.#options = options
  }

  async planStream(plan: TablePlan, message: SchemaMessage): Promise<void> {
    await this.#plan(plan, {
      comment: commentOf(message.schema),
      columns: describedColumns(plan, message),
    })
  }

  async planMetadata(plan: TablePlan, names: readonly MetadataName[]): Promise<void> {
    const columns = names.map((name) => ({
      name: plan.metadata.get(name)?.column ?? name,
      type: METADATA_COLUMNS[name],
      comment: METADATA_COMMENTS[name],
    }))
    await this.#plan(plan, { columns })
  }

  async #plan(
    { table }: TablePlan,
    wanted: Pick<WantedComments, 'comment' | 'columns'>,
  ): Promise<void> {
    const { dialect, tables, comments } = this.#options
    const columns = dialect.hasColumnComments ? wanted.columns : []
    const isNew = tables.isNewTable(table)
    const change = await comments.plan({ table, isNew, ...wanted, columns })
    if (change) tables.addChanges([change])
  }
}
