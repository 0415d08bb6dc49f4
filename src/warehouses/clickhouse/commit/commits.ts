/** Commits units one by one, and takes back what a failed commit published. */

import type { CommitUnit, LiveView, Step, WriteStep } from '../../../loader/commit-unit.ts'
import type { VariantWarnings } from '../../../loader/tables/variant-warnings.ts'
import type { Logger } from '../../../logger.ts'
import { assertCurrent } from '../../assert-current.ts'
import { wrapError } from '../errors.ts'
import type { HiddenNames } from './hidden-names.ts'
import { applyLedgerChange } from './ledger.ts'
import type { TableLock } from '../connect/lock.ts'
import { publish, type PublishingContext } from './publishing.ts'
import { assertFree } from './taken-names.ts'
import { clear, settle } from './taking-back.ts'
import { applyChange, applyStep } from '../rows/steps.ts'
import type { Stages } from '../rows/stages.ts'
import { createLiveView } from '../sql.ts'
import { WorkingCopies } from './working-copies.ts'

export interface CommitsOptions {
  context: () => PublishingContext
  hidden: HiddenNames
  lock: TableLock
  warnings: VariantWarnings
  stages: Stages
  logger: Logger
}

export class Commits {
  readonly #options: CommitsOptions
  /**
   * Attempts that failed: the tables may hold what they published. Another load may have taken over
   * meanwhile, so nothing else may be settled.
   */
  readonly #unsettled = new Set<string>()

  constructor(options: CommitsOptions) {
    this.#options = options
  }

  /** Takes back what failed commits published. */
  async settle(): Promise<void> {
    if (this.#unsettled.size === 0) return
    const { context, hidden } = this.#options
    await settle(context(), hidden, this.#unsettled)
    this.#unsettled.clear()
  }

  /** Returns how many rows each step retired. */
  async commit(unit: CommitUnit): Promise<readonly number[]> {
    const at = { isCommitting: false }
    try {
      await this.settle()
      return await this.#write(unit, at)
    } catch (cause) {
      throw wrapError(cause, { what: 'ClickHouse refused a batch', ...at })
    }
  }

  async #write(unit: CommitUnit, at: { isCommitting: boolean }): Promise<readonly number[]> {
    const { hidden, lock, warnings, stages } = this.#options
    const names = hidden.attempt()
    this.#unsettled.add(names.token)
    const context = { ...this.#options.context(), names }
    const isLedger = ({ table }: { table: string }) => table === unit.ledger?.table
    await lock.assertHeld()
    await assertCurrent(unit, context.query, (table) => [context.place.database, table])
    await assertFree(context, unit)
    const copies = new WorkingCopies(context)
    const stepContext = { ...context, copies, warnings, stages }
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
      assertHeld: async () => lock.assertHeld(),
      onCommit: () => (at.isCommitting = true),
    })
    // The unit is durable. What stays is removed by the next load.
    this.#unsettled.clear()
    await clear(context, hidden, new Set([names.token])).catch(() => undefined)
    await stages.free(unit.steps)
    for (const change of unit.changes) {
      if (change.kind === 'live-view') await this.#createView(context, change)
    }
    return retired
  }

  /** The unit is durable, so it does not fail any more. The next load finds what is missing. */
  async #createView({ run, place }: PublishingContext, view: LiveView): Promise<void> {
    await run(createLiveView(place, view)).catch((error: unknown) => {
      const reason = error instanceof Error ? error.message : String(error)
      const message = 'The live view could not be replaced, and the load continues without it.'
      this.#options.logger.warn('live_view_failed', message, { view: view.view, reason })
    })
  }
}
