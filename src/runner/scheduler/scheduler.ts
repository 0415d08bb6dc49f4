/** Runs connections on their schedules: any number of them in one process. */

import { JobLoop, type Job, type SchedulerOptions } from './job-loop.ts'
import { RunQueue } from './run-queue.ts'

/** Jobs can be added, changed and removed while it runs. A failed run stops nothing. */
export class Scheduler {
  readonly #options: SchedulerOptions
  readonly #queue = new RunQueue()
  readonly #followed = new Set<Promise<void>>()

  constructor(options: SchedulerOptions) {
    this.#options = options
  }

  /** Runs a job on its schedule from now on. The loop changes or removes it. */
  add(job: Job): JobLoop {
    const loop = new JobLoop(job, this.#options, this.#queue)
    const followed = loop.follow().finally(() => this.#followed.delete(followed))
    this.#followed.add(followed)
    return loop
  }

  /** Returns when every job has ended: call it after the signal was aborted. */
  async ended(): Promise<void> {
    while (this.#followed.size > 0) await Promise.all(this.#followed)
  }
}
