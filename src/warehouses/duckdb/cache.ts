/**
 * The cache of a file's blocks. DuckDB keeps every block that it read until `memory_limit` (80 % of the machine) is reached, so a load
 * would take the more memory the larger its table is. Letting go of them costs little: the system caches the file too.
 */

import type { DuckDBValue } from '@duckdb/node-api'
import type { Sql } from '../sql.ts'
import { findMemory, findMemoryLimit, setMemoryLimit } from './sql.ts'

type Query = (statement: Sql) => Promise<DuckDBValue[][]>

/** So much is not worth the trouble. */
const SLACK_BYTES = 8_000_000
const FIRST_ROOM_BYTES = 1_000_000
/** Blocks in use cannot go: instead of them DuckDB writes other memory to its temporary directory. Then so much more stays from there on. */
const MORE_ROOM_BYTES = 12_000_000
/** The units that DuckDB reads as well as it writes them. */
const READABLE = /^[\d.]+ (bytes|[KMGT]iB)$/

/** The limit as DuckDB writes it, to a tenth of its unit; undefined where it could not read that itself. */
export async function memoryLimitOf(query: Query): Promise<string | undefined> {
  const [row] = await query(findMemoryLimit())
  const limit = String(row?.[0])
  return READABLE.test(limit) ? limit : undefined
}

export class BlockCache {
  readonly #query: Query
  #limit: string | undefined
  #roomBytes = FIRST_ROOM_BYTES

  constructor(query: Query) {
    this.#query = query
  }

  async #memory(): Promise<{ cached: number; other: number; onDisk: number }> {
    const [row] = await this.#query(findMemory())
    const [cached = 0, other = 0, onDisk = 0] = (row ?? []).map(Number)
    return { cached, other, onDisk }
  }

  /** Lets go of blocks, by a limit that is low for a moment. */
  async drop(): Promise<void> {
    const { cached, other, onDisk } = await this.#memory()
    if (cached <= this.#roomBytes + SLACK_BYTES) return
    this.#limit ??= await memoryLimitOf(this.#query)
    if (this.#limit === undefined) return
    // Where too many of the blocks are in use the limit stays as it was.
    await this.#query(setMemoryLimit(`${other + this.#roomBytes}B`)).catch(() => undefined)
    await this.#query(setMemoryLimit(this.#limit))
    if ((await this.#memory()).onDisk > onDisk) this.#roomBytes += MORE_ROOM_BYTES
  }
}
