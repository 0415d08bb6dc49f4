/**
 * The tables of a commit while it works: a copy of each, which nobody else sees. ClickHouse copies
 * a table by giving its files a second name, so that a copy costs as much as what changes in it.
 */

import { AppError } from '../../../errors.ts'
import type { Column } from '../../../loader/commit-unit.ts'
import { id, lit, list, sql, typeName, type Sql } from '../../sql.ts'
import { insertFrom } from '../../merge-sql.ts'
import { COMMA } from '../../standard-sql.ts'
import { columnsOf, contentsOf, findTables, orderOf, type StoredColumn } from '../tables/catalog.ts'
import type { AttemptNames } from './hidden-names.ts'
import type { ClickhouseQuery } from '../connect/session.ts'
import {
  attachRows,
  createLike,
  createTable,
  deleteRows,
  dropTable,
  onCluster,
  orderSql,
  type ClickhousePlace,
  type ClickhouseTable,
} from '../sql.ts'

/** What the steps of a commit run with. */
export interface ClickhouseContext {
  query: ClickhouseQuery
  run: (statement: Sql) => Promise<void>
  place: ClickhousePlace
  names: AttemptNames
}

/** A table and the copy that will replace it. */
export interface WorkingCopy {
  table: string
  copy: string
  /** The table that was copied; undefined for a table that the commit creates. */
  oldUuid: string | undefined
  /** What the table had before it was copied, as `contentsOf` says it. */
  oldContent: string | undefined
}

/** A column that a rewrite changes. */
export interface Rewritten {
  /** Its new type; undefined to keep the old one. */
  type?: Sql
  /** Its value, from a row of the alias `target`. */
  value: Sql
}

export class WorkingCopies {
  readonly #context: ClickhouseContext
  readonly #copies = new Map<string, WorkingCopy>()

  constructor(context: ClickhouseContext) {
    this.#context = context
  }

  /** In the order in which the tables were first used. */
  get all(): WorkingCopy[] {
    return [...this.#copies.values()]
  }

  async create(
    table: string,
    columns: readonly Column[],
    sortedBy: readonly string[],
  ): Promise<void> {
    const { run, place, names } = this.#context
    const copy = names.work()
    await run(createTable(place, copy, { columns, sortedBy }))
    this.#copies.set(table, { table, copy, oldUuid: undefined, oldContent: undefined })
  }

  /** The copy of a table, which is made on the first call. */
  async of(table: string): Promise<ClickhouseTable> {
    const { database } = this.#context.place
    const known = this.#copies.get(table)
    return [database, known?.copy ?? (await this.#copy(table))]
  }

  async #copy(table: string): Promise<string> {
    const { query, run, place, names } = this.#context
    const { database } = place
    const found = await findTables(query, database, [table])
    const { uuid: oldUuid, engine = '' } = found.find(({ name }) => name === table) ?? {}
    if (!isReplicated(place) && engine.startsWith('Replicated')) throw replicatedError(table)
    const copy = names.work()
    const oldContent = (await contentsOf(query, database, [table])).get(table)
    await run(createLike(place, copy, table))
    await run(attachRows([database, copy], [database, table]))
    this.#copies.set(table, { table, copy, oldUuid, oldContent })
    return copy
  }

  /** Sorts the copy, which must be empty. One with an order, or of others, stays as it is. */
  async sort(table: string, keys: readonly string[]): Promise<void> {
    const { query, run, place, names } = this.#context
    const old = await this.of(table)
    const { sortingKey, isOurs, comment } = await orderOf(query, old)
    if (sortingKey !== '' || !isOurs) return
    const copy = names.work()
    const columns = await columnsOf(query, old)
    const order = orderSql(keys.map((key) => id(key)))
    await run(createSorted(place, copy, { columns, changed: new Map(), order, comment }))
    await this.#replace(table, copy)
  }

  /** Takes the other table for the copy, which is dropped. */
  async #replace(table: string, copy: string): Promise<void> {
    const { run, place } = this.#context
    const known = this.#copies.get(table)
    if (!known) return
    this.#copies.set(table, { ...known, copy })
    await run(dropTable(place, known.copy))
  }

  /**
   * Deletes rows of the copy. The condition may read other tables, which replicated tables refuse:
   * a replica might find other rows there. In these, the rows that stay are written again.
   */
  async delete(table: string, condition: Sql): Promise<void> {
    const { run, place } = this.#context
    if (isReplicated(place)) {
      await this.rewrite(table, new Map(), sql`\nwhere ifNull(${condition}, false) = false`)
    } else {
      await run(deleteRows(await this.of(table), condition))
    }
  }

  /**
   * Rewrites all rows of the copy, or those that `where` keeps. Columns that the map does not name
   * keep their values.
   */
  async rewrite(
    table: string,
    changed: ReadonlyMap<string, Rewritten>,
    where: Sql = sql``,
  ): Promise<void> {
    const { query, run, place, names } = this.#context
    const { database } = place
    const old = await this.of(table)
    const columns = await columnsOf(query, old)
    const copy = names.work()
    for (const statement of await this.#createRewritten(copy, { old, columns, changed })) {
      await run(statement)
    }
    const stored = columns.filter(({ isComputed }) => !isComputed)
    const values = stored.map(({ name }) => {
      const value = changed.get(name)?.value ?? sql`target.${id(name)}`
      return sql`${value} as ${id(name)}`
    })
    const rows = sql`select
  ${list(values, COMMA)}
from ${id(...old)} as target${where}`
    await run(insertFrom([database, copy], stored, rows))
    await this.#replace(table, copy)
  }

  async #createRewritten(
    copy: string,
    {
      old,
      columns,
      changed,
    }: {
      old: ClickhouseTable
      columns: readonly StoredColumn[]
      changed: ReadonlyMap<string, Rewritten>
    },
  ): Promise<Sql[]> {
    const { query, place } = this.#context
    const types = columns.filter(({ name }) => changed.get(name)?.type)
    // The type of a column in the sorting order is fixed when the table is created.
    if (types.some(({ isInSortingKey }) => isInSortingKey)) {
      const { sortingKey, comment } = await orderOf(query, old)
      const order = sortingKeySql(sortingKey)
      return [createSorted(place, copy, { columns, changed, order, comment })]
    }
    const changes = types.map(({ name }) => {
      const type = changed.get(name)?.type ?? sql``
      return sql`alter table ${id(place.database, copy)}
  modify column ${id(name)} ${type}`
    })
    return [createLike(place, copy, old[1]), ...changes]
  }
}

function isReplicated({ engine }: ClickhousePlace): boolean {
  return engine === 'ReplicatedMergeTree'
}

function replicatedError(table: string): AppError {
  const sentence = `The table ${JSON.stringify(table)} is replicated, so its copy must be replicated too.`
  return new AppError('WAREHOUSE_FAILED', sentence, {
    hint: 'Name its cluster in the option `cluster` of `warehouse_url`.',
  })
}

/** The key as the server prints it: its columns with commas between them. */
function sortingKeySql(key: string): Sql {
  return key.includes(',') ? sql`(${typeName(key)})` : typeName(key)
}

/** A table that a load created, with other types or another order. */
function createSorted(
  place: ClickhousePlace,
  table: string,
  {
    columns,
    changed,
    order,
    comment,
  }: {
    columns: readonly StoredColumn[]
    changed: ReadonlyMap<string, Rewritten>
    order: Sql
    comment: string
  },
): Sql {
  const definitions = columns.map(({ name, type, comment: text }) => {
    return sql`${id(name)} ${changed.get(name)?.type ?? typeName(type)}${commented(text)}`
  })
  return sql`create table ${id(place.database, table)}${onCluster(place)} (
  ${list(definitions, COMMA)}
)
engine = ${typeName(place.engine)}
order by ${order}
settings allow_nullable_key = 1${commented(comment)}`
}

function commented(comment: string): Sql {
  return comment === '' ? sql`` : sql` comment ${lit(comment)}`
}
