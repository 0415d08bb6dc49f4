/** Pure: what a scheduler reports, as one line for people or as JSON for programs. */

import { AppError } from '../../errors.ts'
import { totalsOf, type RunRecord } from '../history/record.ts'
import type { SchedulerEvent, SkipReason } from './scheduler.ts'

/** Told by the scheduler, or by one of the programs of a run. */
export type ReportedEvent =
  | SchedulerEvent
  | { type: 'told'; job: { name: string }; program: string; level: string; message: string }

/** `2026-11-24T15:00:00Z` */
function instantText(instant: number): string {
  return `${new Date(instant).toISOString().slice(0, 19)}Z`
}

/** `2026-11-25 02:30`, on the wall of the zone. */
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
  'still running': 'the run before it is still under way',
  'running elsewhere': 'another process runs this connection',
  paused: 'the connection rests after a fault that only you can mend',
}

function endText(record: RunRecord): string {
  const { rows_read: read, rows_loaded: loaded, rows_rejected: rejected } = totalsOf(record)
  const counts = [
    `${read} rows read`,
    `${loaded} loaded`,
    ...(rejected > 0 ? [`${rejected} rejected`] : []),
    `${record.requests} requests`,
  ]
  const ended = `${record.outcome} in ${(record.seconds ?? 0).toFixed(1)} s: ${counts.join(', ')}`
  return record.error ? `${ended}. ${record.error.message}` : ended
}

function errorText(error: unknown): string {
  if (error instanceof AppError) return error.fullText
  const stack = error instanceof Error ? (error.stack ?? error.message) : String(error)
  return `Unexpected error, please report it: ${stack}`
}

/** What follows the time and the name; undefined where there is nothing worth a line. */
function sentence(event: ReportedEvent): string | undefined {
  switch (event.type) {
    case 'waiting':
      return undefined
    case 'started':
      return event.isMissed
        ? `started, to catch up with the run of ${instantText(event.tick)} and all after it`
        : 'started'
    case 'ended':
      return event.record.outcome === 'succeeded'
        ? endText(event.record)
        : `WARNING ${endText(event.record)}`
    case 'failed':
      return `WARNING could not run. ${errorText(event.error)}`
    case 'skipped':
      return `WARNING skipped the run of ${instantText(event.tick)}: ${REASONS[event.reason]}`
    case 'paused':
      return `WARNING rests until ${instantText(event.until)}, or until its file is changed or a run by hand succeeds: trying again cannot help`
    case 'told':
      return `${event.level === 'warning' ? 'WARNING' : 'ERROR'} ${event.program}: ${event.message}`
  }
}

/** One line without its end, or undefined. */
export function eventText(event: ReportedEvent, now: number): string | undefined {
  const text = sentence(event)
  return text === undefined ? undefined : `${instantText(now)} ${event.job.name} ${text}`
}

function facts(event: ReportedEvent): Record<string, unknown> {
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
      return { until: instantText(event.until) }
    case 'told':
      return { program: event.program, level: event.level, message: event.message }
  }
}

/** The event as a JSON object; `at` and `event` first. */
export function eventJson(event: ReportedEvent, now: number): Record<string, unknown> {
  return {
    at: instantText(now),
    event: event.type,
    connection: event.job.name,
    ...facts(event),
  }
}
