/** What a scheduler shows to others: its metrics, and a note in each data folder for `status`. */

import type { Connection } from '../connection/connection.ts'
import type { Backoff } from '../pause/backoff.ts'
import { SchedulerNotes } from '../pause/scheduler-note.ts'
import type { SchedulerEvent } from './job-loop.ts'
import { RunMetrics } from './run-metrics.ts'
import { lastSuccessEnd } from './scheduled-job.ts'

export class PublishedState {
  readonly metrics = new RunMetrics()
  readonly #notes: SchedulerNotes
  /** The last name and data folder of each connection that runs, by path. */
  readonly #known = new Map<string, Connection>()

  /** Call `close` on every path. */
  constructor(env: NodeJS.ProcessEnv, { yields }: { yields: boolean }) {
    this.#notes = new SchedulerNotes(env, { yields })
  }

  /** Shows a new version of a connection. With another name or data folder it begins again. */
  async show(
    known: Connection,
    { backoff, nowMs }: { backoff: Backoff | undefined; nowMs: number },
  ): Promise<void> {
    const earlier = this.#known.get(known.path)
    const hasMoved = earlier?.dataFolder !== known.dataFolder || earlier.name !== known.name
    if (earlier && hasMoved) this.forget(known.path)
    this.#known.set(known.path, known)
    if (!hasMoved) return
    this.#notes.write(known, backoff)
    const success = await lastSuccessEnd(known, nowMs)
    if (success !== undefined) this.metrics.noteEarlier(known.name, success)
  }

  /** Does nothing for a run that ends after its connection was removed. */
  note(event: SchedulerEvent): void {
    const known = [...this.#known.values()].find(({ name }) => name === event.job.name)
    if (!known) return
    this.metrics.note(event)
    if (event.type === 'paused' || event.type === 'resumed') this.#notes.write(known, event.backoff)
    if (event.type === 'ended' && event.record.outcome === 'succeeded')
      this.#notes.write(known, undefined)
  }

  /** Shows nothing any more of a connection that was removed or has no schedule. */
  forget(path: string): void {
    const connection = this.#known.get(path)
    if (!connection) return
    this.#known.delete(path)
    this.metrics.forget(connection.name)
    this.#notes.remove(connection)
  }

  async close(): Promise<void> {
    await this.#notes.close()
  }
}
