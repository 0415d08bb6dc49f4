/**
 * Where the logs of runs are: one file for each run, in a folder for each month, as the history has
 * its months. So a log lives as long as the record of its run.
 */

import { lstat, mkdir, readdir, rm } from 'node:fs/promises'
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

async function namesIn(folder: string): Promise<string[]> {
  await refuseLink(folder)
  return readdir(folder).catch((error: unknown) => {
    if (hasCode(error, 'ENOENT', 'ENOTDIR')) return []
    throw error
  })
}

/** Removes the logs of all other months. */
export async function retainLogs(dataFolder: string, months: readonly string[]): Promise<void> {
  const folder = join(dataFolder, FOLDER)
  for (const name of await namesIn(folder)) {
    if (MONTH.test(name) && !months.includes(name))
      await rm(join(folder, name), { recursive: true, force: true })
  }
}

interface LogFile {
  path: string
  bytes: number
  changedAtMs: number
}

/** A file that vanished meanwhile has no bytes. */
async function logFile(path: string): Promise<LogFile> {
  const found = await lstat(path).catch(() => undefined)
  return { path, bytes: found?.size ?? 0, changedAtMs: found?.mtimeMs ?? 0 }
}

/** Removes the oldest logs until the others have at most this many bytes. Looks at every log. */
export async function limitLogs(dataFolder: string, maxBytes: number): Promise<void> {
  const folder = join(dataFolder, FOLDER)
  const months = (await namesIn(folder)).filter((name) => MONTH.test(name))
  let left = maxBytes
  for (const month of months.toSorted().toReversed()) {
    const names = await namesIn(join(folder, month))
    const files = await Promise.all(names.map(async (name) => logFile(join(folder, month, name))))
    for (const { path, bytes } of files.toSorted((a, b) => b.changedAtMs - a.changedAtMs)) {
      left -= bytes
      if (left < 0) await rm(path, { force: true })
    }
  }
}
