/** Lines of a history file: what they must hold. Files can be edited, cut or overwritten, so nothing is believed unseen. */

import type { ProcessIdentity } from '../lock/process-identity.ts'
import type { RunError, RunRecord, StreamRecord } from './record.ts'
import {
  allOf,
  inOrderOf,
  isFlag,
  isNumber,
  isText,
  isTime,
  oneOf,
  orNull,
  shaped,
  type Shape,
} from './shape.ts'
import type { RunSummary } from '../notify/webhook.ts'

export type HistoryLine =
  | { event: 'started'; run: RunRecord; process: ProcessIdentity }
  | { event: 'ended'; run: RunRecord }

const PROCESS: Shape<ProcessIdentity> = {
  pid: (value) => Number.isSafeInteger(value) && Number(value) > 0,
  host: isText,
  started: isText,
}

const ERROR: Shape<RunError> = {
  program: oneOf('tap-customerio', 'target-warehouse', 'customerio-sync'),
  code: orNull(isText),
  message: isText,
}

const STREAM: Shape<StreamRecord> = {
  stream: isText,
  mode: oneOf('incremental', 'full_refresh'),
  rows_read: isNumber,
  rows_loaded: isNumber,
  rows_deleted: isNumber,
  rows_rejected: isNumber,
  bookmark_before: orNull(isText),
  bookmark_after: orNull(isText),
  seconds: isNumber,
}

const RUN: Shape<Omit<RunRecord, 'error' | 'streams' | 'is_whole' | 'is_under_way'>> = {
  run_id: isText,
  connection: isText,
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

function soundError(value: unknown): RunError | null | undefined {
  return value === null ? null : shaped(value, ERROR)
}

/** What an event says about a run; undefined where a member is missing or of another type. */
export function soundSummary(value: unknown): RunSummary | undefined {
  const summary = shaped(value, SUMMARY)
  const error = summary && soundError((value as RunSummary).error)
  if (!summary || error === undefined) return undefined
  return inOrderOf(value as RunSummary, { ...summary, error })
}

/** The record without members that are not ours; undefined where one of ours is missing or of another type. */
export function soundRun(value: unknown): RunRecord | undefined {
  const run = shaped(value, RUN)
  if (!run) return undefined
  const { error, streams, is_whole: isWhole } = value as Record<string, unknown>
  const checkedError = soundError(error)
  const soundStreams = Array.isArray(streams) ? allOf(streams, STREAM) : undefined
  if (checkedError === undefined || soundStreams === undefined) return undefined
  if (isWhole !== undefined && !isFlag(isWhole)) return undefined
  const sound = {
    ...run,
    error: checkedError,
    streams: soundStreams,
    ...(isWhole !== undefined && { is_whole: isWhole === true }),
  }
  return inOrderOf(value as RunRecord, sound)
}

function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined // torn by a kill or a full disk, or no JSON at all
  }
}

/** What a line says; undefined for a damaged one. Never throws. */
export function parseHistoryLine(text: string): HistoryLine | undefined {
  const line = jsonOf(text)
  if (typeof line !== 'object' || line === null) return undefined
  const { event, run: found, process: owner } = line as Record<string, unknown>
  const run = soundRun(found)
  if (!run) return undefined
  if (event === 'ended') return { event, run }
  const process = event === 'started' ? shaped(owner, PROCESS) : undefined
  return process && { event: 'started', run, process }
}
