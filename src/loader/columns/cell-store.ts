/** Reuses the memory of committed rows, because the garbage collector would free it too late. */

import { createCells, layoutOf, type Cells } from './cells.ts'
import type { ColumnType } from '../schema/types.ts'

/** Larger buffers are freed: one record can be as large as a batch. */
const MAX_KEPT_BYTES = 16 * 1024 * 1024

export class CellStore {
  readonly #isNumberExact: boolean
  readonly #spare = new Map<Cells['layout'], Cells[]>()

  /** @param isNumberExact As in the dialect. */
  constructor(isNumberExact: boolean) {
    this.#isNumberExact = isNumberExact
  }

  /** Returns empty cells. */
  take(type: ColumnType): Cells {
    const layout = layoutOf(type, this.#isNumberExact)
    return this.#spare.get(layout)?.shift() ?? createCells(layout)
  }

  /**
   * Takes the cells back; the caller must not use them afterwards.
   * `take` returns them in the same order, so that columns get buffers of their former size.
   */
  give(cells: Cells): void {
    if (cells.layout === 'boxed') return
    if (cells.layout === 'text' && cells.bytes.length > MAX_KEPT_BYTES) return
    cells.clear()
    const spare = this.#spare.get(cells.layout)
    if (spare) spare.push(cells)
    else this.#spare.set(cells.layout, [cells])
  }
}
