import { spawnSync } from 'node:child_process'
import { closeSync, openSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { median, type Bench } from './bench.ts'
import { RECORDS, withFolder, writeRecords } from './records.ts'
import { RUNS, seconds } from './target.ts'

const WORK = fileURLToPath(new URL('parse-work.js', import.meta.url))

/** The seconds that the process prints. */
function secondsOf(mode: 'parse-only' | 'full', path: string): number {
  const file = openSync(path, 'r')
  try {
    const work = spawnSync(process.execPath, [WORK, mode], { stdio: [file, 'pipe', 'inherit'] })
    if (work.status !== 0) throw new Error(`parsing ended with status ${work.status}`)
    return Number(work.stdout.toString())
  } finally {
    closeSync(file)
  }
}

/**
 * Reading, lossless parsing and validating the file, compared with `JSON.parse` of lines that are
 * already strings.
 */
export const TARGET_PARSE: Bench = {
  name: 'target-parse',
  title: `Reading ${RECORDS} records`,
  run: () =>
    withFolder(async (folder) => {
      const path = await writeRecords(folder, RECORDS)
      const runs = Array.from({ length: RUNS }, () => {
        const parseOnly = secondsOf('parse-only', path)
        return { parseOnly, full: secondsOf('full', path) }
      })
      return [
        {
          what: 'read + lossless parse + validate / JSON.parse only',
          measured: median(runs.map(({ parseOnly, full }) => full / parseOnly)),
          unit: 'x',
          atMost: 1.6,
          note: `${seconds(runs.map(({ full }) => full))} s against ${seconds(runs.map(({ parseOnly }) => parseOnly))} s`,
        },
      ]
    }),
}
