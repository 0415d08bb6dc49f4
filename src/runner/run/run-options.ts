/** What a caller decides about one run, and how the run reports to it. */

import type { Connection } from '../connection/connection.ts'
import type { StreamName } from '../../streams/index.ts'
import type { Mode } from '../../streams/modes.ts'
import type { RunRecord, Trigger } from '../history/record.ts'
import type { RunLogEntry } from '../run-log/entry.ts'
import type { LogEvent } from '../programs/log-line.ts'
import type { ExecutableName } from '../programs/program.ts'
import type { RunStats } from '../programs/run-stats.ts'

/** Called with each warning and error of the tap, the target and the runner itself. */
export type OnLogEvent = (program: ExecutableName | 'customerio-sync', event: LogEvent) => void

export interface RunOptions {
  trigger: Trigger
  env: NodeJS.ProcessEnv
  /** Stops the run when aborted, after the target has committed what it received. */
  signal: AbortSignal
  /** Streams to read, with their modes. @default those of the connection */
  streams?: ReadonlyMap<StreamName, Mode>
  /** Takes over tables that belong to another connection. @default false */
  takesOver?: boolean
  /** Ignores `max_deleted_percent`. @default false */
  allowsDeletes?: boolean
  /** Called when the run has begun and its start is in the history. */
  onStart?: (run: RunRecord) => void
  /** Called with each earlier run that was killed; this run closes its record. */
  onCrashed?: (run: RunRecord) => void
  /** Called when the run stats changed. */
  onProgress?: (stats: RunStats) => void
  onLogEvent?: OnLogEvent
  /** Called with each entry of the log of the run, and with its line; see `RunLog`. */
  onLogEntry?: (entry: RunLogEntry, line: number) => void
  /** Called with every line that the tap or the target writes on stderr. */
  onLine?: (line: string, program: ExecutableName) => void
}

/** The streams of one run, with their modes. */
export function streamsOf(
  connection: Connection,
  options: Pick<RunOptions, 'streams'>,
): ReadonlyMap<StreamName, Mode> {
  return options.streams ?? connection.resources
}

/** Reports a warning of the runner itself. */
export function warn({ onLogEvent }: { onLogEvent?: OnLogEvent }, message: string): void {
  onLogEvent?.('customerio-sync', { level: 'warning', message, fields: {} })
}
