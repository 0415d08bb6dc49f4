/** Steps of the next commit whose rows the warehouse keeps already. */

import { isDeepStrictEqual } from 'node:util'
import type { CellStore } from '../columns/cell-store.ts'
import type { Step, WriteStep } from '../commit-unit.ts'
import type { DrainedSteps } from '../stream/step-buffer.ts'
import type { Warehouse } from '../warehouse.ts'

/** What one stream contributes to a commit. */
export type StreamSteps = DrainedSteps & { name: string }

/** What decides whether the rows of two steps can go together. */
function shapeOf({ table, columns, keys, deleteWhereSet }: WriteStep) {
  return { table, columns: columns.map(({ name, type }) => ({ name, type })), keys, deleteWhereSet }
}

/** Pure: the last step, if its rows are staged and the rows of this step can go with them. */
export function earlierOf(steps: readonly Step[], step: WriteStep): WriteStep | undefined {
  const last = steps.at(-1)
  if (last?.kind !== 'write' || last.stage === undefined) return undefined
  return isDeepStrictEqual(shapeOf(last), shapeOf(step)) ? last : undefined
}

export class StagedSteps {
  readonly #warehouse: Warehouse
  readonly #cells: CellStore
  #streams = new Map<string, StreamSteps>()
  #isRefused = false

  constructor(warehouse: Warehouse, cells: CellStore) {
    this.#warehouse = warehouse
    this.#cells = cells
  }

  get isEmpty(): boolean {
    return this.#streams.size === 0
  }

  /** True when rows are still in memory, so that the commit must not wait. */
  get isRefused(): boolean {
    return this.#isRefused
  }

  /** Takes what streams have drained. It comes after what was taken before. */
  async add(streams: readonly StreamSteps[]): Promise<void> {
    for (const { name, records, rows, steps } of streams) {
      const known = this.#streams.get(name)
      const all = known?.steps ?? []
      for (const step of steps) await this.#addStep(all, step)
      const counts = { records: records + (known?.records ?? 0), rows: rows + (known?.rows ?? 0) }
      this.#streams.set(name, { name, ...counts, steps: all })
    }
  }

  async #addStep(steps: Step[], step: Step): Promise<void> {
    if (step.kind !== 'write') {
      steps.push(step)
      return
    }
    const earlier = earlierOf(steps, step)
    const staged = await this.#warehouse.stage?.(step, earlier)
    if (!staged) {
      this.#isRefused = true
      steps.push(step)
      return
    }
    for (const { cells } of step.columns) this.#cells.give(cells)
    if (earlier) steps.pop()
    steps.push(staged)
  }

  /** Returns everything that was added since the last call. */
  take(): StreamSteps[] {
    const streams = [...this.#streams.values()]
    this.#streams = new Map()
    this.#isRefused = false
    return streams
  }
}
