/** Finds a run by what a person types, and reads its log. */

import { AppError } from '../../errors.ts'
import { readDataText } from '../connection/data-file.ts'
import type { History } from '../history/history.ts'
import type { RunRecord } from '../history/record.ts'
import { parseEntry, type RunLogEntry } from './entry.ts'
import { runLogPath } from './files.ts'
import { tailPaths } from './tail-files.ts'

/** Names the newest run. */
const LAST = 'last'

function unknownRun(wanted: string): AppError {
  return new AppError('USAGE', `The history has no run ${wanted}.`, {
    hint: 'customerio-sync history shows the runs. `last` is the newest one.',
  })
}

/**
 * The run with an id, with the beginning of an id, or the newest one for `last`. Throws USAGE when
 * there is none or more than one, and CONFIG_INVALID for a history that cannot be read.
 */
export async function findRun(history: History, wanted: string): Promise<RunRecord> {
  const found: RunRecord[] = []
  for await (const { run } of history.entries()) {
    if (wanted === LAST || run.run_id === wanted) return run
    if (run.run_id.startsWith(wanted)) found.push(run)
  }
  const [first, ...others] = found
  if (!first || wanted === '') throw unknownRun(wanted)
  if (others.length === 0) return first
  throw new AppError('USAGE', `${found.length} runs have an id that begins with ${wanted}.`, {
    hint: 'Type more of it: customerio-sync history --json shows whole ids.',
  })
}

/**
 * The log of a run, oldest first, without damaged lines. A run that goes on or was killed has the
 * end of a long one in files of its own. Undefined when the run has none. Throws CONFIG_INVALID for
 * a file that is a link.
 */
export async function readRunLog(
  dataFolder: string,
  run: Pick<RunRecord, 'run_id' | 'started_at'>,
): Promise<RunLogEntry[] | undefined> {
  const path = runLogPath(dataFolder, run)
  const text = path === undefined ? undefined : await readDataText(path)
  if (path === undefined || text === undefined) return undefined
  const texts = [text]
  for (const tail of tailPaths(path)) texts.push((await readDataText(tail)) ?? '')
  return texts.flatMap((part) => part.split('\n').flatMap((line) => parseEntry(line) ?? []))
}
