/** Formats scheduler events as one line for people or as JSON for programs. Pure. */

import { AppError } from '../../errors.ts'
import { totalsOf, type RunRecord } from '../history/record.ts'
import { outlivesProcess, type Backoff } from '../pause/backoff.ts'
import type { SchedulerEvent, SkipReason } from './job-loop.ts'

/** A connection that `start` noticed: added, changed, or without a schedule from now on. */
type NoticedEvent = { job: { name: string } } & (
  | { type: 'scheduled'; isNew: boolean; schedule: string; next: number | undefined }
  | { type: 'unscheduled'; isRemoved: boolean }
)

/** An event of the scheduler, or a warning or error that a program of a run logged. */
export type ReportedEvent =
  | SchedulerEvent
  | NoticedEvent
  | { type: 'told'; job: { name: string }; program: string; level: string; message: string }

/** `2026-11-24T15:00:00Z` */
function instantText(instant: number): string {
  return `${new Date(instant).toISOString().slice(0, 19)}Z`
}

/** `2026-11-25 02:30`, the local time in the zone. */
export function wallText(instant: number, timezone: string): string {
  const format = new Intl.DateTimeFormat('en-CA', {
    timeZone: timezone,
    dateStyle: 'short',
    timeStyle: 'short',
    hourCycle: 'h23',
  })
  return format.format(instant).replace(', ', ' ')
}

const REASONS: Readonly<Record<SkipReason, string>> = {
  'still running': 'the previous run is still running',
  'running elsewhere': 'another process is running this connection',
  paused: 'the connection is paused until you fix its error',
}

function outcomeText(record: RunRecord): string {
  const { rows_read: read, rows_loaded: loaded, rows_rejected: rejected } = totalsOf(record)
  const counts = [
    `${read} rows read`,
    `${loaded} loaded`,
    ...(rejected > 0 ? [`${rejected} rejected`] : []),
    `${record.requests} requests`,
  ]
  const summary = `${record.outcome} in ${(record.seconds ?? 0).toFixed(1)} s: ${counts.join(', ')}`
  return record.error ? `${summary}. ${record.error.message}` : summary
}

function errorText(error: unknown): string {
  if (error instanceof AppError) return error.fullText
  const stack = error instanceof Error ? (error.stack ?? error.message) : String(error)
  return `Unexpected error, please report it: ${stack}`
}

function instantOrNull(instant: number | undefined): string | null {
  return instant === undefined ? null : instantText(instant)
}

function nextText(next: number | undefined): string {
  return next === undefined ? '' : ` The next run is due at ${instantText(next)}.`
}

function remedyText(backoff: Backoff): string {
  return outlivesProcess(backoff)
    ? 'change the connection file or complete a manual run'
    : 'change the connection file, complete a manual run, or start this program again'
}

/** The line without time and name. Undefined for an event that is not worth a line. */
function messageOf(event: ReportedEvent): string | undefined {
  switch (event.type) {
    case 'waiting':
      return undefined
    case 'started':
      return event.isMissed
        ? `started a catch-up run; the first missed tick is ${instantText(event.tick)}`
        : 'started'
    case 'ended':
      return event.record.outcome === 'succeeded'
        ? outcomeText(event.record)
        : `WARNING ${outcomeText(event.record)}`
    case 'failed':
      return `WARNING could not start the run. ${errorText(event.error)}`
    case 'skipped':
      return `WARNING skipped the tick of ${instantText(event.tick)}: ${REASONS[event.reason]}`
    case 'paused':
      return `WARNING paused until ${instantText(event.until)}, because a retry cannot fix this error. To resume earlier, ${remedyText(event.backoff)}.${nextText(event.next)}`
    case 'resumed':
      return 'resumed'
    case 'scheduled':
      return `${event.isNew ? 'added' : 'changed'}: ${event.schedule}.${nextText(event.next)}`
    case 'unscheduled':
      return event.isRemoved ? 'removed' : 'has no schedule any more'
    case 'told':
      return `${event.level === 'warning' ? 'WARNING' : 'ERROR'} ${event.program}: ${event.message}`
  }
}

/** One line without a newline, or undefined for an event that is not worth a line. */
export function eventText(event: ReportedEvent, now: number): string | undefined {
  const text = messageOf(event)
  return text === undefined ? undefined : `${instantText(now)} ${event.job.name} ${text}`
}

function fieldsOf(event: ReportedEvent): Record<string, unknown> {
  switch (event.type) {
    case 'waiting':
      return { next: instantText(event.next) }
    case 'started':
      return { tick: instantText(event.tick), catch_up: event.isMissed }
    case 'ended':
      return { run: event.record }
    case 'failed': {
      const code = event.error instanceof AppError ? event.error.code : null
      return { code, message: errorText(event.error) }
    }
    case 'skipped':
      return { tick: instantText(event.tick), reason: event.reason }
    case 'paused':
      return { until: instantText(event.until), next: instantOrNull(event.next) }
    case 'resumed':
      return {}
    case 'scheduled':
      return {
        is_new: event.isNew,
        schedule: event.schedule,
        next: instantOrNull(event.next),
      }
    case 'unscheduled':
      return { is_removed: event.isRemoved }
    case 'told':
      return { program: event.program, level: event.level, message: event.message }
  }
}

/** The event as a JSON object that starts with `at` and `event`. */
export function eventJson(event: ReportedEvent, now: number): Record<string, unknown> {
  return {
    at: instantText(now),
    event: event.type,
    connection: event.job.name,
    ...fieldsOf(event),
  }
}
