/** Commits units one by one, and takes back what a failed commit published. */

import type { CommitUnit, Step, WriteStep } from '../../loader/commit-unit.ts'
import type { VariantWarnings } from '../../loader/tables/variant-warnings.ts'
import { assertCurrent } from '../assert-current.ts'
import { wrapError } from './errors.ts'
import type { HiddenNames } from './hidden-names.ts'
import { applyLedgerChange } from './ledger.ts'
import type { TableLock } from './lock.ts'
import { clear, publish, settle, type PublishingContext } from './publishing.ts'
import { applyChange, applyStep } from './steps.ts'
import { WorkingCopies } from './working-copies.ts'

export interface CommitsOptions {
  context: () => PublishingContext
  hidden: HiddenNames
  lock: TableLock
  warnings: VariantWarnings
}

export class Commits {
  readonly #options: CommitsOptions
  /** True while the tables may hold what a failed commit published. */
  #isUnsettled = false

  constructor(options: CommitsOptions) {
    this.#options = options
  }

  /** Takes back what a failed commit published. */
  async settle(): Promise<void> {
    if (!this.#isUnsettled) return
    const { context, hidden } = this.#options
    await settle(context(), hidden)
    this.#isUnsettled = false
  }

  /** Returns how many rows each step retired. */
  async commit(unit: CommitUnit): Promise<readonly number[]> {
    const at = { isCommitting: false }
    try {
      await this.settle()
      this.#isUnsettled = true
      const retired = await this.#write(unit, at)
      this.#isUnsettled = false
      return retired
    } catch (cause) {
      throw wrapError(cause, { what: 'ClickHouse refused a batch', ...at })
    }
  }

  async #write(unit: CommitUnit, at: { isCommitting: boolean }): Promise<readonly number[]> {
    const { hidden, lock, warnings } = this.#options
    const names = hidden.attempt()
    const context = { ...this.#options.context(), names }
    const isLedger = ({ table }: { table: string }) => table === unit.ledger?.table
    await lock.assertHeld()
    await assertCurrent(unit, context.query, (table) => [context.place.database, table])
    const copies = new WorkingCopies(context)
    const stepContext = { ...context, copies, warnings }
    for (const change of unit.changes) {
      if (!isLedger(change)) await applyChange(stepContext, unit, change)
    }
    const retired: number[] = []
    for (const step of unit.steps) {
      retired.push(isLedger(step) ? 0 : await applyStep(stepContext, step))
    }
    await lock.assertHeld()
    for (const change of unit.changes) {
      if (isLedger(change)) await applyLedgerChange(context, change)
    }
    await publish(context, names, {
      copies: copies.all,
      ledgerStep: unit.steps.find((step: Step): step is WriteStep => isLedger(step)),
      loadNumber: unit.ledger?.loadNumber ?? 0,
      onCommit: () => (at.isCommitting = true),
    })
    // The unit is durable. What stays is removed by the next load.
    await clear(context, hidden, names).catch(() => undefined)
    return retired
  }
}
