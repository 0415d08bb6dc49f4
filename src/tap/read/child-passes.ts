/** Starts child streams ahead of time, in the order in which they are written. */

import type { StreamPlan } from '../plan.ts'
import type { SyncContext } from '../context.ts'
import { startPass, type ChildPass } from './child-pages.ts'
import type { ParentRange } from './parent-order.ts'

/** An interrupted read is resumed after the last parent that it finished. */
function rangeOf({ bookmark }: StreamPlan): ParentRange {
  const { progress } = bookmark
  return progress ? { after: progress.lastParentId } : {}
}

/**
 * The rate limit serves requests in the order in which they were started, so the streams are
 * started in the order in which they are written. Besides the child stream that is written, only
 * one more is read, because each may hold as many pages as memory allows.
 */
export class ChildPasses {
  readonly #context: SyncContext
  readonly #passes = new Map<StreamPlan, ChildPass>()

  constructor(context: SyncContext) {
    this.#context = context
  }

  /** Call before the first of these plans is written. Returns its pass if it is a child stream. */
  startFor(plans: readonly StreamPlan[]): ChildPass | undefined {
    const [first] = plans
    const isFirstChild = first?.definition.kind === 'children'
    const children = plans.filter(({ definition }) => definition.kind === 'children')
    for (const plan of children.slice(0, isFirstChild ? 2 : 1)) this.#start(plan)
    return first && this.#passes.get(first)
  }

  #start(plan: StreamPlan): void {
    const { definition } = plan
    if (definition.kind !== 'children' || this.#passes.has(plan)) return
    this.#passes.set(plan, startPass(this.#context, definition, rangeOf(plan)))
  }
}
