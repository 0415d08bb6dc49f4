/** A run that waits or is in progress here, and how the API shows it. */

import { basename } from 'node:path'
import type { Connection } from '../../runner/connection/connection.ts'
import type { RunRecord, Trigger } from '../../runner/history/record.ts'
import type { RunStats } from '../../runner/programs/run-stats.ts'
import type { Api } from '../api/schemas.generated.ts'
import { progressView } from '../views/progress-view.ts'
import type { LogLine } from './run-logs.ts'

/** The name of a connection in the workspace. */
export function workspaceName(path: string): string {
  return basename(path).replace(/\.json$/, '')
}

export interface LiveRun {
  /** As it was when the run was queued, then as the run reads it. */
  connection: Connection
  trigger: Trigger
  controller: AbortController
  state: 'queued' | 'running' | 'stopping'
  /** When it began to run. */
  startedMs: number | undefined
  record: RunRecord | undefined
  /** Lines before the start of the run was sent. */
  early: LogLine[]
  stats: RunStats | undefined
  /** When its progress was sent last. */
  sentMs: number
}

export function queuedRun(connection: Connection, trigger: Trigger): LiveRun {
  return {
    connection,
    trigger,
    controller: new AbortController(),
    state: 'queued',
    startedMs: undefined,
    record: undefined,
    early: [],
    stats: undefined,
    sentMs: 0,
  }
}

export function currentRunView(run: LiveRun): Api<'CurrentRun'> {
  const { connection, state, trigger, record, stats } = run
  return {
    connection: workspaceName(connection.path),
    state,
    run_id: record?.run_id ?? null,
    trigger,
    started_at: record?.started_at ?? null,
    progress: record ? progressView(record, stats, Date.now()) : null,
  }
}
