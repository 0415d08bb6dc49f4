/**
 * Runs the schedules of connections until it is stopped, and looks at their files every few
 * seconds.
 */

import type { AppError } from '../../errors.ts'
import type { Connection } from '../connection/connection.ts'
import { staysWithAnother } from '../pause/scheduler-note.ts'
import { Notifier } from '../notify/notifier.ts'
import type { DispatcherFactory } from '../notify/webhook.ts'
import type { runOnce } from '../run/run.ts'
import type { Clock } from './clock.ts'
import type { ReportedEvent } from './event-text.ts'
import type { JobLoop, QueuedRun, ScheduledTrigger, SchedulerEvent } from './job-loop.ts'
import { PublishedState } from './published-state.ts'
import { Roster, type Change, type ScheduledConnection } from './roster.ts'
import type { RunQueue } from './run-queue.ts'
import { scheduledRun } from './scheduled-run.ts'
import { jobOf, leftPause } from './scheduled-job.ts'
import { Scheduler } from './scheduler.ts'

/** How often to look for added, changed and removed files. */
const LOOK_EVERY_MS = 5000

/** Other processes that run schedules. Their connections are left to them while they run. */
export interface OtherSchedulers {
  /** Paths of the connections whose schedules another process runs now. */
  find: () => Promise<ReadonlySet<string>>
  /** Called after each look with the connections that are left to others. */
  onLook: (left: ReadonlySet<string>) => void
}

export interface ScheduleServiceOptions {
  /** The connection files to run now. */
  list: () => Promise<string[]>
  /** Reads a connection file. Throws CONFIG_INVALID. */
  open: (path: string) => Promise<Connection>
  env: NodeJS.ProcessEnv
  clock: Clock
  signal: AbortSignal
  /** Called with every event, in order. Must not throw. */
  report: (event: ReportedEvent) => void
  openDispatcher: DispatcherFactory
  /** Shared with runs that the caller starts itself. @default a queue of its own */
  queue?: RunQueue
  /** Runs a connection. @default runOnce */
  runOnce?: typeof runOnce
  /** @default other processes are warned about, and their connections run here too */
  others?: OtherSchedulers
  /** Called when a run of a connection begins to wait for its turn. */
  enqueue?: (connection: Connection, trigger: ScheduledTrigger) => QueuedRun | undefined
}

/** An error that lists several problems has several lines, and an event has one. */
function oneLine(text: string): string {
  return text.replaceAll(/\s*\n\s*/g, ' ')
}

export class ScheduleService {
  readonly published: PublishedState
  readonly #options: ScheduleServiceOptions
  readonly #roster: Roster
  readonly #scheduler: Scheduler
  readonly #notifier: Notifier
  /** The running loops, by the path of their file. */
  readonly #loops = new Map<string, JobLoop>()
  /** Paths of the connections that are left to other processes. */
  #left: ReadonlySet<string> = new Set()

  /** Call `close` on every path. */
  constructor(options: ScheduleServiceOptions) {
    this.#options = options
    const { clock, env, signal, open, openDispatcher, queue } = options
    this.published = new PublishedState(env, { yields: options.others !== undefined })
    this.#roster = new Roster({ open, now: clock.now })
    const report = (event: SchedulerEvent) => {
      options.report(event)
      this.published.note(event)
    }
    this.#scheduler = new Scheduler({ clock, signal, report }, queue)
    this.#notifier = new Notifier({
      files: () => this.#roster.scheduled().map(({ file }) => file),
      openDispatcher,
      onFailure: ({ name }, message) => this.#warn(name, message),
    })
  }

  /** Reads the files for the first time. Returns the files that cannot be used. */
  async begin(): Promise<{ path: string; error: AppError }[]> {
    const { paths } = await this.#listFiles()
    const changes = await this.#roster.look(paths, this.#left)
    this.#showLook()
    return changes.flatMap((change) => (change.type === 'invalid' ? [change] : []))
  }

  /** The connections with a schedule. */
  scheduled(): ScheduledConnection[] {
    return this.#roster.scheduled()
  }

  /** The connections that a person has paused. */
  paused(): Connection[] {
    return this.#roster.paused()
  }

  /** Runs the schedules. Returns when the signal is aborted and no run is in progress any more. */
  async follow(): Promise<void> {
    const { clock, signal } = this.#options
    for (const scheduled of this.scheduled()) await this.#schedule(scheduled, { catchesUp: true })
    while (!signal.aborted) {
      await clock.sleep(LOOK_EVERY_MS, signal)
      if (signal.aborted) break
      // A folder that cannot be listed for a moment changes nothing.
      const files = await this.#listFiles().catch(() => undefined)
      if (!files) continue
      for (const change of await this.#roster.look(files.paths, this.#left))
        await this.#apply(change, files.returned)
      this.#showLook()
    }
    await this.#scheduler.ended()
  }

  /** The files, and which ones other processes gave back. Notes those that are left to others. */
  async #listFiles(): Promise<{ paths: string[]; returned: ReadonlySet<string> }> {
    const { list, others } = this.#options
    const paths = await list()
    const elsewhere = (await others?.find()) ?? new Set<string>()
    const returned = new Set([...this.#left].filter((path) => !elsewhere.has(path)))
    this.#left = new Set(paths.filter((path) => elsewhere.has(path)))
    return { paths, returned }
  }

  #showLook(): void {
    this.published.metrics.showPaused(this.paused().map(({ name }) => name))
    this.#options.others?.onLook(this.#left)
  }

  /** Waits a moment for webhooks. */
  async close(): Promise<void> {
    await this.#notifier.close()
    await this.published.close()
  }

  /** @param returned connections that other processes ran until now: they may have missed a tick */
  async #apply(change: Change, returned: ReadonlySet<string>): Promise<void> {
    const { report, clock } = this.#options
    if (change.type === 'invalid') {
      const name = change.known?.name ?? change.path
      this.#warn(name, `${oneLine(change.error.fullText)} ${this.#sequelOf(change.path)}`)
      return
    }
    if (change.type === 'unscheduled') {
      const { path, connection, isRemoved } = change
      this.#loops.get(path)?.remove()
      this.#loops.delete(path)
      this.published.forget(path)
      const { name } = connection
      if (this.#left.has(path)) this.#warn(name, 'Another process runs the schedule now.')
      else report({ type: 'unscheduled', job: { name }, isRemoved })
      return
    }
    const { isNew, isResumed, scheduled } = change
    await this.#schedule(scheduled, { catchesUp: isResumed || returned.has(change.path) })
    const { schedule, file } = scheduled
    const next = schedule.nextAfter(clock.now())
    const job = { name: file.known.name }
    report({ type: 'scheduled', job, isNew, schedule: schedule.text, next })
  }

  #sequelOf(path: string): string {
    return this.#loops.has(path)
      ? 'The last valid schedule stays.'
      : 'The connection is not scheduled until that is corrected.'
  }

  /** One that is added while the scheduler runs has missed no tick: it runs from now on. */
  async #schedule(
    scheduled: ScheduledConnection,
    { catchesUp }: { catchesUp: boolean },
  ): Promise<void> {
    const { clock, env, report, runOnce, enqueue, others } = this.#options
    const { known } = scheduled.file
    const { name } = known
    const loop = this.#loops.get(known.path)
    // With `others`, the next look leaves the connection to the other process.
    if (!loop && !others && (await staysWithAnother(known, clock.now())))
      this.#warn(
        name,
        `Another process seems to run the schedule of ${name} too. Stop one of them.`,
      )
    const nowMs = clock.now()
    const { backoff } = (loop ? undefined : await leftPause(known, { env, nowMs })) ?? {}
    await this.published.show(known, { backoff, nowMs })
    const run = scheduledRun(scheduled.file, this.#notifier, {
      env,
      ...(runOnce && { runOnce }),
      onLogEvent: (program, { level, message }) =>
        report({ type: 'told', job: { name }, program, level, message }),
    })
    const made = await jobOf(scheduled, {
      run,
      enqueue: (trigger) => enqueue?.(scheduled.file.known, trigger),
      now: clock.now,
    })
    const job = { ...made, backoff, ...(!catchesUp && { lastStartedAt: undefined }) }
    if (loop) loop.update(job)
    else this.#loops.set(known.path, this.#scheduler.add(job))
  }

  #warn(name: string, message: string): void {
    const program = 'customerio-sync'
    this.#options.report({ type: 'told', job: { name }, program, level: 'warning', message })
  }
}
