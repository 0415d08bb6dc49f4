/**
 * Where the logs of runs are: one file for each run, in a folder for each month, as the history has
 * its months. So a log lives as long as the record of its run.
 */

import { mkdir, readdir, rm } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { hasCode, refuseLink } from '../connection/data-file.ts'
import type { RunRecord } from '../history/record.ts'

const FOLDER = 'logs'
const MONTH = /^\d{4}-\d{2}$/
/** Anyone may edit a history, so an id could name another path. */
const RUN_ID = /^[\da-f-]{1,64}$/i

/** Path of the log of a run. Undefined for a record that a program of ours cannot have written. */
export function runLogPath(
  dataFolder: string,
  run: Pick<RunRecord, 'run_id' | 'started_at'>,
): string | undefined {
  const month = run.started_at.slice(0, 7)
  if (!MONTH.test(month) || !RUN_ID.test(run.run_id)) return undefined
  return join(dataFolder, FOLDER, month, `${run.run_id}.jsonl`)
}

/** Creates the folder of a log, readable only by its owner. Throws CONFIG_INVALID for a link. */
export async function makeLogFolder(dataFolder: string, path: string): Promise<void> {
  const month = dirname(path)
  for (const folder of [join(dataFolder, FOLDER), month]) await refuseLink(folder)
  await mkdir(month, { recursive: true, mode: 0o700 })
}

/** Removes the logs of all other months. */
export async function retainLogs(dataFolder: string, months: readonly string[]): Promise<void> {
  const folder = join(dataFolder, FOLDER)
  await refuseLink(folder)
  const names = await readdir(folder).catch((error: unknown) => {
    if (hasCode(error, 'ENOENT', 'ENOTDIR')) return []
    throw error
  })
  for (const name of names) {
    if (MONTH.test(name) && !months.includes(name))
      await rm(join(folder, name), { recursive: true, force: true })
  }
}
