/**
 * Marks the columns that hold JSON by their field ids. DuckDB does not say which ids the columns
 * get that a transaction adds. Each gets the next one of its table, so they are counted.
 */

import { foldName } from '../../urls/name-folding.ts'
import type { DuckdbQuery, DuckdbTable } from '../duckdb/sql.ts'
import { findColumns } from '../duckdb/tables/catalog.ts'
import type { Sql } from '../sql.ts'
import type { RestTable } from './rest.ts'
import { markJson } from './sql.ts'
import { tableFields, type TableFields } from './tables.ts'

/** A column that a transaction adds. */
export interface AddedColumn {
  name: string
  /** @default as the column of this name, whose place the new one takes */
  isJson?: boolean
}

export class JsonMarks {
  readonly #read: (table: DuckdbTable) => Promise<RestTable>
  /** By table; with what the transaction has added. */
  readonly #fields = new Map<string, TableFields>()

  constructor(read: (table: DuckdbTable) => Promise<RestTable>) {
    this.#read = read
  }

  /** Forgets what an earlier transaction added. */
  begin(): void {
    this.#fields.clear()
  }

  async #fieldsOf(query: DuckdbQuery, table: DuckdbTable): Promise<TableFields> {
    const key = JSON.stringify(table)
    let fields = this.#fields.get(key)
    if (!fields) {
      // DuckDB reads the table when the transaction first uses it, and the catalog refuses the
      // commit when the columns have changed since. So DuckDB has to read it first.
      await query(findColumns(table))
      fields = tableFields(await this.#read(table))
      this.#fields.set(key, fields)
    }
    return fields
  }

  /**
   * The statements for all columns that are about to be added, in their order. They must run after
   * those that add the columns.
   */
  async mark(
    query: DuckdbQuery,
    table: DuckdbTable,
    added: readonly AddedColumn[],
  ): Promise<readonly Sql[]> {
    const fields = await this.#fieldsOf(query, table)
    const marked: number[] = []
    for (const column of added) {
      const name = foldName(column.name, { isCaseSensitive: false })
      const { isJson = fields.json.has(name) } = column
      fields.lastId += 1
      if (isJson) {
        fields.json.add(name)
        marked.push(fields.lastId)
      } else {
        fields.json.delete(name)
      }
    }
    return markJson(table, marked)
  }
}
