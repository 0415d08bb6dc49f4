/** Runs connections on their schedules: any number of them in one process. */

import { JobLoop, type Job, type SchedulerOptions } from './job-loop.ts'
import { RunQueue } from './run-queue.ts'

/** Jobs can be added, changed and removed while it runs. A failed run stops nothing. */
export class Scheduler {
  readonly #options: SchedulerOptions
  readonly #queue: RunQueue
  readonly #followed = new Set<Promise<void>>()

  /** @param queue for the runs of all jobs, which runs of the caller may share */
  constructor(options: SchedulerOptions, queue = new RunQueue()) {
    this.#options = options
    this.#queue = queue
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
