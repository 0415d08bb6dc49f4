/** The progress of a run. Pure. */

import type { RunRecord } from '../../runner/history/record.ts'
import type { RunStats } from '../../runner/programs/run-stats.ts'
import { SECOND_MS } from '../../time.ts'
import type { Api } from '../api/schemas.generated.ts'

/** @param started the record as it is at the start of the run */
export function progressView(
  started: RunRecord,
  stats: RunStats | undefined,
  nowMs: number,
): Api<'Progress'> {
  const elapsedMs = Math.max(0, nowMs - Date.parse(started.started_at))
  return {
    seconds: Math.round(elapsedMs / 100) / (SECOND_MS / 100),
    requests: stats?.requests ?? 0,
    retries: stats?.retries ?? 0,
    rate_limited: stats?.rateLimited ?? 0,
    streams: started.streams.map(({ stream }) => {
      const found = stats?.of(stream)
      return {
        stream,
        rows_read: found?.read ?? 0,
        rows_loaded: found?.loaded ?? 0,
        rows_deleted: found?.deleted ?? 0,
        rows_rejected: found?.rejected ?? 0,
      }
    }),
  }
}
