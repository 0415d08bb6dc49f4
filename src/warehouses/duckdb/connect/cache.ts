/**
 * Frees DuckDB's cached blocks. DuckDB keeps every block it reads until `memory_limit` (80 % of the
 * machine by default) is reached, so memory would grow with the table. Freeing is cheap: the system
 * caches the file too.
 */

import type { DuckdbQuery } from '../sql.ts'
import { findMemory, findMemoryLimit, setMemoryLimit } from '../sql.ts'

/** A smaller cache is not freed. */
const SLACK_BYTES = 8_000_000
const FIRST_MARGIN_BYTES = 1_000_000
/**
 * Blocks in use cannot be freed. DuckDB then writes other memory to its temporary directory, and
 * the limit for later drops grows by this much.
 */
const MARGIN_STEP_BYTES = 12_000_000
/** Limits whose unit DuckDB can both print and read. */
const READABLE = /^[\d.]+ (bytes|[KMGT]iB)$/

/**
 * The limit as DuckDB prints it, to a tenth of its unit; undefined when DuckDB could not read it
 * back.
 */
export async function memoryLimitOf(query: DuckdbQuery): Promise<string | undefined> {
  const [row] = await query(findMemoryLimit())
  const limit = String(row?.[0])
  return READABLE.test(limit) ? limit : undefined
}

export class BlockCache {
  readonly #query: DuckdbQuery
  #limit: string | undefined
  #marginBytes = FIRST_MARGIN_BYTES

  constructor(query: DuckdbQuery) {
    this.#query = query
  }

  async #memory(): Promise<{ cached: number; other: number; onDisk: number }> {
    const [row] = await this.#query(findMemory())
    const [cached = 0, other = 0, onDisk = 0] = (row ?? []).map(Number)
    return { cached, other, onDisk }
  }

  /** Frees blocks by lowering the limit for a moment. */
  async drop(): Promise<void> {
    const { cached, other, onDisk } = await this.#memory()
    if (cached <= this.#marginBytes + SLACK_BYTES) return
    this.#limit ??= await memoryLimitOf(this.#query)
    if (this.#limit === undefined) return
    // DuckDB refuses the lower limit when too many blocks are in use.
    await this.#query(setMemoryLimit(`${other + this.#marginBytes}B`)).catch(() => undefined)
    await this.#query(setMemoryLimit(this.#limit))
    if ((await this.#memory()).onDisk > onDisk) this.#marginBytes += MARGIN_STEP_BYTES
  }
}
