/** Connections and runs for tests of the page. */

import type { Api } from '../../../src/console/api/schemas.generated.ts'

export function streamOf(members: Partial<Api<'ConnectionStream'>> = {}): Api<'ConnectionStream'> {
  return {
    stream: 'campaigns',
    mode: 'incremental',
    can_be_resynced: true,
    table: 'cio_campaigns',
    fresh_until: null,
    bookmark: null,
    live_rows: null,
    deleted_rows: null,
    ...members,
  }
}

export function connectionOf(members: Partial<Api<'Connection'>> = {}): Api<'Connection'> {
  return {
    name: 'production',
    status: 'new',
    problem: null,
    schedule: {
      type: 'manual',
      text: '',
      timezone: 'UTC',
      is_paused: false,
      is_run_by_a_process: null,
      next_run: null,
      backing_off_until: null,
    },
    fresh_until: null,
    streams: [streamOf()],
    rows_read_at: null,
    destination: {
      use: null,
      engine: 'duckdb',
      shown: 'duckdb:x',
      schema: null,
      table_prefix: 'cio_',
    },
    last_run: null,
    current_run: null,
    queued_run: null,
    ...members,
  }
}

export function runOf(members: Partial<Api<'RunSummary'>>): Api<'Run'> {
  const counts = { rows_read: 0, rows_loaded: 0, rows_deleted: 0, rows_rejected: 0 }
  return {
    run: {
      run_id: 'r1',
      connection: 'production',
      trigger: 'manual',
      started_at: '2026-11-27T12:00:00Z',
      ended_at: null,
      seconds: null,
      outcome: 'running',
      ...counts,
      error: null,
      ...members,
    },
    exit_status: null,
    requests: 0,
    retries: 0,
    rate_limited: 0,
    is_whole: true,
    streams: [
      {
        stream: 'campaigns',
        mode: 'incremental',
        ...counts,
        bookmark_before: null,
        bookmark_after: null,
        seconds: 0,
      },
    ],
    has_log: true,
  }
}
