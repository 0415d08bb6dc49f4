/** Parses and validates the lines of a history file, which may be edited, cut or overwritten. */

import type { ProcessIdentity } from '../lock/process-identity.ts'
import type { RunError, RunRecord, StreamRecord } from './record.ts'
import {
  allWithShape,
  inOrderOf,
  isBoolean,
  isNumber,
  isString,
  isTime,
  oneOf,
  orNull,
  withShape,
  type Shape,
} from './shape.ts'
import type { RunSummary } from '../../schemas.generated.ts'

export type HistoryLine =
  | { event: 'started'; run: RunRecord; process: ProcessIdentity }
  | { event: 'ended'; run: RunRecord }

const PROCESS: Shape<ProcessIdentity> = {
  pid: (value) => Number.isSafeInteger(value) && Number(value) > 0,
  host: isString,
  started: isString,
}

const ERROR: Shape<RunError> = {
  program: oneOf('tap-customerio', 'target-warehouse', 'customerio-sync'),
  code: orNull(isString),
  message: isString,
}

const STREAM: Shape<StreamRecord> = {
  stream: isString,
  mode: oneOf('incremental', 'full_refresh'),
  rows_read: isNumber,
  rows_loaded: isNumber,
  rows_deleted: isNumber,
  rows_rejected: isNumber,
  bookmark_before: orNull(isString),
  bookmark_after: orNull(isString),
  seconds: isNumber,
}

const RUN: Shape<Omit<RunRecord, 'error' | 'streams' | 'is_whole' | 'is_running'>> = {
  run_id: isString,
  connection: isString,
  trigger: oneOf('manual', 'schedule', 'catch_up', 'resync'),
  started_at: isTime,
  ended_at: orNull(isTime),
  seconds: orNull(isNumber),
  outcome: oneOf('succeeded', 'failed', 'stopped', 'crashed'),
  exit_status: orNull(isNumber),
  requests: isNumber,
  retries: isNumber,
  rate_limited: isNumber,
}

const SUMMARY: Shape<Omit<RunSummary, 'error'>> = {
  run_id: RUN.run_id,
  trigger: RUN.trigger,
  started_at: RUN.started_at,
  ended_at: RUN.ended_at,
  outcome: RUN.outcome,
  exit_status: RUN.exit_status,
  rows_read: isNumber,
  rows_loaded: isNumber,
  rows_deleted: isNumber,
  rows_rejected: isNumber,
}

function parseError(value: unknown): RunError | null | undefined {
  return value === null ? null : withShape(value, ERROR)
}

/** The run of a webhook event; undefined when a property is missing or of another type. */
export function parseSummary(value: unknown): RunSummary | undefined {
  const summary = withShape(value, SUMMARY)
  const error = summary && parseError((value as RunSummary).error)
  if (!summary || error === undefined) return undefined
  return inOrderOf(value as RunSummary, { ...summary, error })
}

/**
 * The record without unknown properties; undefined when a known one is missing or of another type.
 */
function parseRun(value: unknown): RunRecord | undefined {
  const run = withShape(value, RUN)
  if (!run) return undefined
  const { error, streams, is_whole: isWhole } = value as Record<string, unknown>
  const validError = parseError(error)
  const validStreams = Array.isArray(streams) ? allWithShape(streams, STREAM) : undefined
  if (validError === undefined || validStreams === undefined) return undefined
  if (isWhole !== undefined && !isBoolean(isWhole)) return undefined
  const valid = {
    ...run,
    error: validError,
    streams: validStreams,
    ...(isWhole !== undefined && { is_whole: isWhole === true }),
  }
  return inOrderOf(value as RunRecord, valid)
}

function parseJsonText(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined // a kill or a full disk cut the line, or it is not JSON
  }
}

/** Returns undefined for a damaged line. Never throws. */
export function parseHistoryLine(text: string): HistoryLine | undefined {
  const line = parseJsonText(text)
  if (typeof line !== 'object' || line === null) return undefined
  const { event, run: found, process: owner } = line as Record<string, unknown>
  const run = parseRun(found)
  if (!run) return undefined
  if (event === 'ended') return { event, run }
  const process = event === 'started' ? withShape(owner, PROCESS) : undefined
  return process && { event: 'started', run, process }
}
