/**
 * Checks the warehouse and the tables of a connection with what a run uses: the target begins a
 * load of the streams, and the runner reads the state that a run would start from.
 */

import { AppError } from '../../errors.ts'
import { isJsonObject, parseJson } from '../../singer/json.ts'
import type { Connection } from '../connection/connection.ts'
import { withTestedStreams } from '../connection/stream-selection.ts'
import { callProgram, type CallOptions } from '../programs/call-program.ts'
import { lostStreamText, startStateOf } from '../run/start-state.ts'
import { readSyncState } from '../warehouse/sync-state.ts'
import type { StreamTable } from '../warehouse/target-client.ts'
import { failure, ok, warning, type Finding } from './finding.ts'

function isSchemaOf(line: string, { resources }: Connection): boolean {
  const message = parseJson(line)
  const stream = isJsonObject(message) ? message['stream'] : undefined
  return [...resources.keys()].some((name) => name === stream)
}

/**
 * The SCHEMA messages of the connection's streams. Undefined when the tap cannot write them, which
 * its own check reports.
 */
async function readSchemas(
  connection: Connection,
  options: CallOptions,
): Promise<string | undefined> {
  const call = { program: 'tap-customerio', args: ['--test=schema'] } as const
  try {
    const lines = (await callProgram(withTestedStreams(connection), call, options)).split('\n')
    return lines.filter((line) => line !== '' && isSchemaOf(line, connection)).join('\n')
  } catch (error) {
    options.signal.throwIfAborted()
    if (!(error instanceof AppError)) throw error
    return undefined
  }
}

/** Lets the target begin a load, without a record, and write, read and drop a table. */
export async function checkWarehouse(
  connection: Connection,
  options: CallOptions,
): Promise<Finding[]> {
  const input = await readSchemas(connection, options)
  const args = ['--test', ...(input === undefined ? [] : ['--test-schemas'])]
  const call = { program: 'target-warehouse', args, ...(input !== undefined && { input }) } as const
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

function rowsText({ table, rows, deleted_rows: deleted }: StreamTable): string {
  const deletedText = deleted === null || deleted === 0 ? '' : `, ${deleted} deleted`
  return `${table} (${rows} rows${deletedText})`
}

/** `Existing: a (10 rows, 2 deleted). Will be created: b, c.` */
function tablesText(tables: readonly StreamTable[]): string {
  const existing = tables.filter(({ rows }) => rows !== null).map(rowsText)
  const missing = tables.filter(({ rows }) => rows === null).map(({ table }) => table)
  return [
    ...(existing.length > 0 ? [`Existing: ${existing.join(', ')}.`] : []),
    ...(missing.length > 0 ? [`Will be created: ${missing.join(', ')}.`] : []),
  ].join(' ')
}

async function checkTables(connection: Connection, options: CallOptions): Promise<Finding> {
  try {
    const owned = await readSyncState(connection, options)
    const { lost } = startStateOf(connection, owned)
    const text = tablesText(owned.tables.tables)
    if (lost.length === 0) return ok('tables', text)
    return warning('tables', [text, ...lost.map(lostStreamText)].join(' '))
  } catch (error) {
    options.signal.throwIfAborted()
    return failure('tables', error)
  }
}
