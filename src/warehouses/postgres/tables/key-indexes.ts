/** Which keys have an index, and the indexes that we create for them. */

import type { WidenColumn } from '../../../loader/commit-unit.ts'
import type { StagedStep } from '../../standard-sql.ts'
import type { PostgresConnection } from '../connect/connection.ts'
import type { PostgresTable } from '../sql.ts'
import { typedKeys, type TypedKey } from '../typed-keys.ts'
import {
  createIndex,
  dropIndex,
  findIndex,
  findOwnIndexes,
  findStaleIndex,
  indexName,
  isIndexable,
} from './indexes.ts'

/** 't' or 'f' for whether an index leads to the keys; undefined when we may not create one. */
async function findUsable(
  connection: PostgresConnection,
  table: PostgresTable,
  keys: readonly TypedKey[],
): Promise<string | null | undefined> {
  const [row] = await connection.query(findIndex(table, keys))
  return row?.[0]
}

async function createMissing(
  connection: PostgresConnection,
  table: PostgresTable,
  keys: readonly TypedKey[],
): Promise<void> {
  const stale = await connection.query(findStaleIndex(table, keys))
  if (stale.length > 0) await connection.query(dropIndex(table[0], indexName(table, keys)))
  await connection.query(createIndex(table, keys))
}

/** Remembers what it found from one transaction to the next. */
export class KeyIndexes {
  /** By the name of our index: whether an index leads to the keys. */
  readonly #known = new Map<string, boolean>()

  /** For a transaction that failed: what it created is gone. */
  forget(): void {
    this.#known.clear()
  }

  /**
   * True when an index leads to the keys of the step. Creates one where there is none and we may.
   */
  async ensure(
    connection: PostgresConnection,
    table: PostgresTable,
    step: StagedStep,
  ): Promise<boolean> {
    const keys = typedKeys(step)
    if (!isIndexable(keys)) return false
    const name = indexName(table, keys)
    const known = this.#known.get(name)
    if (known !== undefined) return known
    let found = await findUsable(connection, table, keys)
    // The values of a foreign column may be too long for an index.
    if (found === 'f' && keys.every(({ native }) => native === undefined)) {
      await createMissing(connection, table, keys)
      // Another object, which leads to no key, may have the name.
      found = await findUsable(connection, table, keys)
    }
    this.#known.set(name, found === 't')
    return found === 't'
  }

  /**
   * Drops our indexes of a column whose type changes: they depend on the type. The next rows create
   * them.
   */
  async dropFor(
    connection: PostgresConnection,
    table: PostgresTable,
    { column }: WidenColumn,
  ): Promise<void> {
    const found = await connection.query(findOwnIndexes(table, column))
    for (const [name] of found) await connection.query(dropIndex(table[0], String(name)))
    if (found.length > 0) this.forget()
  }
}
