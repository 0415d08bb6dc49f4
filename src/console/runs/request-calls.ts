/** Programs that a request starts: few at a time, for a limited time, and ended with it. */

import type { CallOptions } from '../../runner/programs/call-program.ts'
import { RunQueue } from '../../runner/scheduler/run-queue.ts'
import { ApiError } from '../api/problems.ts'
import { withinLimit } from './call-limit.ts'

/** Each call is up to two processes at a time. */
const MAX_CALLS = 2
const LIMIT_MS = 120_000

export interface RequestCallsOptions {
  /** Its signal ends the console. */
  calls: Pick<CallOptions, 'env' | 'signal'>
  /** The runs that take the same keys. */
  runs: RunQueue
  /** @default 2 minutes */
  limitMs?: number
}

export interface RequestedCall {
  /** Aborted when the client has gone. */
  closed: AbortSignal
  /** Values of `conflictKeysOf` that no run may take meanwhile. @default none */
  keys?: readonly string[]
}

function keyInUse(): ApiError {
  return new ApiError('KEY_IN_USE', 'A run reads with this key, and both would share its rate.', {
    hint: 'Try again when the run has ended.',
  })
}

export class RequestCalls {
  readonly #options: RequestCallsOptions
  readonly #queue = new RunQueue(MAX_CALLS)

  constructor(options: RequestCallsOptions) {
    this.#options = options
  }

  /**
   * Calls `work` in turn. Its signal ends the programs. Throws KEY_IN_USE while a run takes one of
   * the keys, TIMED_OUT after the limit, and CALL_ENDED when the client has gone or the console
   * ends.
   */
  async run<T>(
    { closed, keys = [] }: RequestedCall,
    work: (calls: CallOptions) => Promise<T>,
  ): Promise<T> {
    const { calls, limitMs = LIMIT_MS } = this.#options
    const ended = AbortSignal.any([calls.signal, closed])
    const limit = { ended, ms: limitMs, what: 'The call' }
    try {
      // The wait for a turn does not count: nothing was asked yet.
      return await this.#queue.run(keys, ended, async () =>
        withinLimit(limit, async (signal) =>
          this.#withKeys(keys, async () => work({ ...calls, signal })),
        ),
      )
    } catch (error) {
      if (ended.aborted) throw new ApiError('CALL_ENDED', 'The request was ended.')
      throw error
    }
  }

  async #withKeys<T>(keys: readonly string[], work: () => Promise<T>): Promise<T> {
    let result: { value: T } | undefined
    await this.#options.runs.runNow(keys, async () => {
      result = { value: await work() }
    })
    if (!result) throw keyInUse()
    return result.value
  }
}
