/** Memory of rows that are committed, for the rows that come next: left to the garbage collector it would stay too long. */

import { createCells, layoutOf, type Cells } from './cells.ts'
import type { ColumnType } from '../schema/types.ts'

/** Larger ones are rather given back: one record may be as large as a batch. */
const MAX_KEPT_BYTES = 16 * 1024 * 1024

export class CellStore {
  readonly #isNumberExact: boolean
  readonly #spare = new Map<Cells['layout'], Cells[]>()

  /** @param isNumberExact as in the dialect. */
  constructor(isNumberExact: boolean) {
    this.#isNumberExact = isNumberExact
  }

  /** Without rows. */
  take(type: ColumnType): Cells {
    const layout = layoutOf(type, this.#isNumberExact)
    return this.#spare.get(layout)?.shift() ?? createCells(layout)
  }

  /** Nobody may use the cells afterwards. Those that are taken first are those that were given first, for columns of the same size. */
  give(cells: Cells): void {
    if (cells.layout === 'boxed') return
    if (cells.layout === 'text' && cells.bytes.length > MAX_KEPT_BYTES) return
    cells.clear()
    const spare = this.#spare.get(cells.layout)
    if (spare) spare.push(cells)
    else this.#spare.set(cells.layout, [cells])
  }
}
