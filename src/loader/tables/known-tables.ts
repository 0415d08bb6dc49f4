/** Tracks every table under the prefix, including changes that are not committed yet. */

import type { Dialect } from '../dialect.ts'
import type { ColumnType } from '../schema/types.ts'
import type { FoundTable } from '../warehouse.ts'
import type { Change, Column } from '../commit-unit.ts'
import { NameSpace, tableRules } from './names.ts'
import { TableColumns } from './table-columns.ts'

export class KnownTables {
  readonly #dialect: Dialect
  readonly #names: NameSpace
  /** By name, as spelled in the database. */
  readonly #tables = new Map<string, TableColumns>()
  /** Columns of the tables that the next commit creates. */
  readonly #created = new Map<string, Column[]>()
  #changes: Change[] = []

  constructor(dialect: Dialect, found: readonly FoundTable[]) {
    this.#dialect = dialect
    this.#names = new NameSpace(
      tableRules(dialect),
      found.map((table) => table.name),
    )
    for (const table of found)
      this.#tables.set(table.name, new TableColumns(dialect, table.columns))
  }

  get hasChanges(): boolean {
    return this.#changes.length > 0
  }

  /** Returns the changes since the last call, for the next commit. */
  takeChanges(): Change[] {
    const changes = this.#changes
    this.#changes = []
    this.#created.clear()
    return changes
  }

  addChanges(changes: readonly Change[]): void {
    this.#changes.push(...changes)
  }

  /** Returns the name of the table for `wanted`, and creates the table when it is missing. */
  resolveTable(wanted: string, isReserved: boolean): string {
    return this.#createIfMissing(this.#names.resolve(wanted, isReserved))
  }

  /** As `resolveTable`, for a table of the loader itself: its name is never hashed. */
  resolveOwnTable(wanted: string): string {
    return this.#createIfMissing(this.#names.find(wanted) ?? wanted)
  }

  columnsOf(table: string): TableColumns {
    const columns = this.#tables.get(table)
    if (!columns) throw new Error(`No plan for table ${table}`)
    return columns
  }

  /** A table that the next commit creates gets the column at once; any other gets a change. */
  addColumn(table: string, column: Column): void {
    this.columnsOf(table).set(column)
    const created = this.#created.get(table)
    if (created) created.push(column)
    else this.#changes.push({ kind: 'add-column', table, column })
  }

  widenColumn(table: string, column: string, to: ColumnType): void {
    const columns = this.columnsOf(table)
    const found = columns.find(column)
    this.#changes.push({ kind: 'widen-column', table, column, from: found?.type, to })
    columns.set({ name: column, type: to, isRequired: found?.isRequired === true })
  }

  /** Returns the variant column of this type, and adds it when it is missing. */
  addVariantColumn(table: string, column: string, type: ColumnType): Column {
    const columns = this.columnsOf(table)
    const name = columns.variantName(column, type.kind)
    if (!columns.find(name)) this.addColumn(table, { name, type })
    return { name, type }
  }

  /** Whether a table has the name, as the database compares names. */
  hasTable(name: string): boolean {
    return this.#names.find(name) !== undefined
  }

  /** Whether the next commit creates the table. */
  isNewTable(table: string): boolean {
    return this.#created.has(table)
  }

  /** Whether the next commit adds the column. */
  isNewColumn(table: string, column: string): boolean {
    return (
      this.#created.has(table) ||
      this.#changes.some(
        (change) =>
          change.kind === 'add-column' && change.table === table && change.column.name === column,
      )
    )
  }

  #createIfMissing(table: string): string {
    if (this.#tables.has(table)) return table
    const columns: Column[] = []
    this.#created.set(table, columns)
    this.#changes.push({ kind: 'create-table', table, columns })
    this.#names.add(table)
    this.#tables.set(table, new TableColumns(this.#dialect, []))
    return table
  }
}
