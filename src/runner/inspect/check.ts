/**
 * Checks that a connection works before the first sync: file, key, scopes, clock, warehouse,
 * tables, history, schedule.
 */

import type { Connection } from '../connection/connection.ts'
import { withTestedStreams } from '../connection/stream-selection.ts'
import { STREAM_NAMES } from '../../streams/index.ts'
import { tryDataFolder } from '../connection/data-folder.ts'
import { callProgram, type CallOptions } from '../programs/call-program.ts'
import { parseLogLine } from '../programs/log-line.ts'
import { createSchedule, nextTimes } from '../schedule/schedule.ts'
import { checkFiles } from './check-files.ts'
import { checkWarehouse } from './check-warehouse.ts'
import { failure, ok, warning, type Finding } from './finding.ts'
import { withShortTimeouts } from './region.ts'

export interface CheckResult {
  findings: Finding[]
  /** The next runs of the schedule, in UTC. */
  nextTimes: Date[]
  timezone: string
  /** Exit status of `customerio-sync check`. */
  exitStatus: number
}

const NEXT_COUNT = 5

/** Finding for one log line of the tap's `--test`; undefined for any other line. */
function findingIn(text: string, { resources }: Connection): Finding | undefined {
  const line = parseLogLine(text)
  if (line?.event === 'clock_differs') {
    const seconds = JSON.stringify(line.fields['seconds'])
    const message = `The clock of this machine differs from the server's by ${seconds} s. Syncs are not affected, but schedules are: set the clock.`
    return warning('clock', message)
  }
  const stream = STREAM_NAMES.find((name) => name === line?.stream)
  if (!line || !stream || !resources.has(stream)) return undefined
  if (line.event === 'stream_readable') return ok(stream, line.message)
  if (line.event !== 'stream_unreadable') return undefined
  const { code } = line.fields
  const knownCode = typeof code === 'string' ? code : null
  return { check: stream, status: 'failed', message: line.message, code: knownCode }
}

/**
 * Runs the tap's `--test`. Returns one finding for the key, one per stream and one for the clock.
 */
export async function checkSource(
  connection: Connection,
  options: CallOptions,
): Promise<Finding[]> {
  const findings: Finding[] = []
  let clock: Finding | undefined
  const onLine = (line: string) => {
    const finding = findingIn(line, connection)
    if (finding?.check === 'clock') clock = finding
    else if (finding) findings.push(finding)
  }
  const call = { program: 'tap-customerio', args: ['--test'] } as const
  try {
    await callProgram(withShortTimeouts(withTestedStreams(connection)), call, {
      ...options,
      onLine,
    })
  } catch (error) {
    options.signal.throwIfAborted()
    if (findings.length === 0) return [failure('key', error)]
    const unchecked = [...connection.resources.keys()].filter(
      (name) => !findings.some(({ check }) => check === name),
    )
    findings.push(...unchecked.map((name) => failure(name, error)))
  }
  const region = connection.source.api_url ?? `region ${connection.source.region}`
  return [
    ok('key', `The key works (${region}).`),
    ...findings,
    clock ?? ok('clock', "The clock agrees with the server's."),
  ]
}

async function checkDataFolder(connection: Connection): Promise<Finding> {
  try {
    await tryDataFolder(connection)
    return ok('history', `The history is stored in ${connection.dataFolder}.`)
  } catch (error) {
    return failure('history', error)
  }
}

/**
 * Exit status of the first failure: its own when it has one, otherwise 4 for a missing scope and 5
 * for any other stream.
 */
function exitStatusOf(findings: readonly Finding[]): number {
  const failed = findings.find(({ status }) => status === 'failed')
  if (!failed) return 0
  return failed.exitStatus ?? (failed.code === 'FORBIDDEN' ? 4 : 5)
}

/** Tests both programs and leaves nothing in the warehouse. Throws only the signal's reason. */
export async function checkConnection(
  connection: Connection,
  options: CallOptions,
): Promise<CheckResult> {
  const [files, history, source, warehouse] = await Promise.all([
    checkFiles(connection),
    checkDataFolder(connection),
    checkSource(connection, options),
    checkWarehouse(connection, options),
  ])
  const schedule = createSchedule(connection.schedule, Date.now())
  const next = nextTimes(schedule, Date.now(), NEXT_COUNT)
  const findings = [...files, ...source, ...warehouse, history, ok('schedule', schedule.text)]
  return {
    findings,
    nextTimes: next.map((time) => new Date(time)),
    timezone: schedule.timezone,
    exitStatus: exitStatusOf(findings),
  }
}
