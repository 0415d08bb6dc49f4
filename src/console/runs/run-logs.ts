/** The lines of a run's log as the API shows them. */

import { fieldsText } from '../../log-lines.ts'
import type { RunRecord } from '../../runner/history/record.ts'
import type { RunLogEntry } from '../../runner/run-log/entry.ts'
import { readRunLog } from '../../runner/run-log/reader.ts'
import type { Api } from '../api/schemas.generated.ts'

export type LogLine = Api<'LogLine'>

/** @param line its number in the log */
export function logLine(
  { at, level, program, message, fields }: RunLogEntry,
  line: number,
): LogLine {
  return { line, at, level, program, message: `${message}${fieldsText(fields)}` }
}

/** The lines in order, as far as they are written. Undefined when no log of the run is kept. */
export async function readLogLines(
  dataFolder: string,
  run: Pick<RunRecord, 'run_id' | 'started_at'>,
): Promise<LogLine[] | undefined> {
  const entries = await readRunLog(dataFolder, run)
  return entries?.map((entry, at) => logLine(entry, at + 1))
}
