/** Pure: where the rows of a run are, and what a person can do next. */

import { ERROR_CODES, isErrorCode } from '../../errors.ts'
import type { Connection } from '../connection/connection.ts'
import { shownRunId, type RunRecord } from '../history/record.ts'
import { fullReadLeft } from './summary.ts'

/** Names that no database needs quotes for, short enough for all of them. */
const PLAIN_PREFIX = /^(?:[a-z_][a-z0-9_]{0,39})?$/

export interface NextStepOptions {
  connection: Pick<Connection, 'destination' | 'resources' | 'schedule'>
  /** Options that name the connection, such as ` --connection eu`. */
  options: string
  /** The warehouse as a person knows it. */
  place: string
  /** Whether a process runs the schedule. */
  isScheduleRunning: boolean
}

function dataText({ connection: { destination, resources }, place }: NextStepOptions): string {
  const { default_target_schema: schema, table_prefix: prefix } = destination
  const tables = prefix === '' ? [...resources.keys()].join(', ') : `${prefix}*`
  return [place, ...(schema === undefined ? [] : [`schema ${schema}`]), `tables ${tables}`].join(
    ', ',
  )
}

/** A query of a table that the run wrote to, otherwise of one that an earlier run did. */
function lookCommand(record: RunRecord, { connection, options }: NextStepOptions): string {
  const { table_prefix: prefix } = connection.destination
  const written =
    record.streams.find((stream) => stream.rows_loaded > 0) ??
    record.streams.find((stream) => stream.bookmark_after !== null)
  if (!written || !PLAIN_PREFIX.test(prefix)) return `customerio-sync status${options}`
  return `customerio-sync query "select * from ${prefix}${written.stream} limit 5"${options}`
}

function successLines(record: RunRecord, next: NextStepOptions): string[] {
  const { connection, options, isScheduleRunning } = next
  const needsStart = connection.schedule.type !== 'manual' && !isScheduleRunning
  return [
    `Data: ${dataText(next)}`,
    `Next: ${lookCommand(record, next)}`,
    ...(needsStart ? [`      customerio-sync start${options}`] : []),
  ]
}

function againCommand({ trigger, streams }: RunRecord, options: string): string {
  if (trigger !== 'resync') return `customerio-sync run${options}`
  return `customerio-sync resync ${streams.map(({ stream }) => stream).join(' ')}${options}`
}

/** After an error that may pass by itself, the same command; otherwise a look for the cause. */
function failureLines(record: RunRecord, { options }: NextStepOptions): string[] {
  const code = record.error?.code
  const mayPass = isErrorCode(code) && ERROR_CODES[code].retryable
  return [
    `Next: ${mayPass ? againCommand(record, options) : `customerio-sync check${options}`}`,
    `Log:  customerio-sync history --log ${shownRunId(record)}${options}`,
  ]
}

/** Lines below the summary of a run. */
export function nextStepLines(record: RunRecord, next: NextStepOptions): string[] {
  switch (record.outcome) {
    case 'succeeded':
      return successLines(record, next)
    case 'failed':
      return failureLines(record, next)
    case 'stopped':
    case 'crashed':
      // The summary names the command that repeats a full refresh.
      return fullReadLeft(record, next.connection.resources) === undefined
        ? [`Next: ${againCommand(record, next.options)}`]
        : []
  }
}
