/** Whether a connection works, before anything is synced: key, scopes, clock, warehouse, tables, schedule. */

import { stat, readFile } from 'node:fs/promises'
import { AppError } from '../../errors.ts'
import type { Connection } from '../connection/connection.ts'
import { STREAM_NAMES } from '../../streams/index.ts'
import { tryDataFolder } from '../connection/data-folder.ts'
import { parseLogLine } from '../programs/run-stats.ts'
import { ownershipError } from '../warehouse/ownership.ts'
import { impatient } from './probe.ts'
import { createSchedule, nextTimes } from '../schedule/schedule.ts'
import {
  callProgram,
  readLastState,
  readTables,
  type CallOptions,
} from '../warehouse/target-client.ts'

export interface Finding {
  /** What was looked at: `file`, `key`, a resource, `clock`, `warehouse`, `tables`, `schedule`. */
  check: string
  status: 'ok' | 'warning' | 'failed'
  /** What was found, and where something is wrong, what to do. */
  message: string
  /** As in log lines; null where nothing failed. */
  code: string | null
}

export interface Checked {
  findings: Finding[]
  /** When the schedule runs next, in UTC. */
  nextTimes: Date[]
  timezone: string
  /** Of the contract. */
  exitStatus: number
}

const NEXT_COUNT = 5
const OTHERS_MAY_READ = 0o077

function ok(check: string, message: string): Finding {
  return { check, status: 'ok', message, code: null }
}

function failure(check: string, error: unknown): Finding & { exitStatus: number } {
  if (!(error instanceof AppError)) throw error
  const { code, exitStatus } = error
  return { check, status: 'failed', message: error.fullText, code, exitStatus }
}

async function checkFile({ path }: Connection): Promise<Finding> {
  const { mode } = await stat(path)
  const isReferred = /"app_api_key"\s*:\s*"\$\{/.test(await readFile(path, 'utf8'))
  if ((mode & OTHERS_MAY_READ) === 0 || isReferred)
    return ok('file', `${path} is a usable connection file.`)
  const message = `${path} holds the key and can be read by others: run chmod 600 ${path}`
  return { check: 'file', status: 'warning', message, code: null }
}

/** The tap's own test: one finding for the key, one for each resource, one for the clock. */
async function checkSource(connection: Connection, options: CallOptions): Promise<Finding[]> {
  const findings: Finding[] = []
  let clock: Finding | undefined
  const onLine = (line: string) => {
    const told = parseLogLine(line)
    if (told?.message.startsWith('The local clock differs')) {
      const message = `The clock of this machine is ${JSON.stringify(told.facts['seconds'])} s off the server's. Syncs are right all the same, but set it for the schedule's sake.`
      clock = { check: 'clock', status: 'warning', message, code: null }
    }
    const resource = STREAM_NAMES.find((name) => name === told?.stream)
    if (!resource || !connection.resources.has(resource)) return
    if (told?.level === 'info' && !told.isMetric) findings.push(ok(resource, told.message))
    if (told?.level === 'error') {
      const code = typeof told.facts['code'] === 'string' ? told.facts['code'] : null
      findings.push({ check: resource, status: 'failed', message: told.message, code })
    }
  }
  const call = { program: 'tap-customerio', args: ['--test'] } as const
  try {
    await callProgram(impatient(connection), call, { ...options, onLine })
  } catch (error) {
    options.signal.throwIfAborted()
    if (findings.length === 0) return [failure('key', error)]
    const unsaid = [...connection.resources.keys()].filter(
      (name) => !findings.some(({ check }) => check === name),
    )
    findings.push(...unsaid.map((name) => failure(name, error)))
  }
  const region = connection.source.api_url ?? `region ${connection.source.region}`
  return [
    ok('key', `The key works (${region}).`),
    ...findings,
    clock ?? ok('clock', "The clock agrees with the server's."),
  ]
}

async function checkWarehouse(connection: Connection, options: CallOptions): Promise<Finding[]> {
  const call = { program: 'target-warehouse', args: ['--test'] } as const
  try {
    await callProgram(connection, call, options)
  } catch (error) {
    options.signal.throwIfAborted()
    return [failure('warehouse', error)]
  }
  return [
    ok('warehouse', 'Tables can be created, written and dropped.'),
    await checkTables(connection, options),
  ]
}

async function checkTables(connection: Connection, options: CallOptions): Promise<Finding> {
  try {
    const state = await readLastState(connection, options)
    const tables = await readTables(connection, [...connection.resources.keys()], options)
    const fault = ownershipError(connection, { state, tables })
    if (fault) return failure('tables', fault)
    const list = tables.tables.map(({ table, rows }) =>
      rows === null ? `${table} will be made` : `${table} has ${rows} rows`,
    )
    return ok('tables', `${list.join(', ')}.`)
  } catch (error) {
    options.signal.throwIfAborted()
    return failure('tables', error)
  }
}

async function checkDataFolder(connection: Connection): Promise<Finding> {
  try {
    await tryDataFolder(connection)
    return ok('history', `The history is kept in ${connection.dataFolder}.`)
  } catch (error) {
    return failure('history', error)
  }
}

/** The exit status of the first failure among those that have one; 4 for a scope and 5 for any other resource. */
function exitStatusOf(findings: readonly (Finding & { exitStatus?: number })[]): number {
  const failed = findings.find(({ status }) => status === 'failed')
  if (!failed) return 0
  return failed.exitStatus ?? (failed.code === 'FORBIDDEN' ? 4 : 5)
}

/** Asks both programs; nothing is left in the warehouse. Throws only the signal's reason. */
export async function checkConnection(
  connection: Connection,
  options: CallOptions,
): Promise<Checked> {
  const [file, history, source, warehouse] = await Promise.all([
    checkFile(connection),
    checkDataFolder(connection),
    checkSource(connection, options),
    checkWarehouse(connection, options),
  ])
  const schedule = createSchedule(connection.schedule, Date.now())
  const next = nextTimes(schedule, Date.now(), NEXT_COUNT)
  const findings = [file, ...source, ...warehouse, history, ok('schedule', schedule.text)]
  return {
    findings,
    nextTimes: next.map((time) => new Date(time)),
    timezone: schedule.timezone,
    exitStatus: exitStatusOf(findings),
  }
}
