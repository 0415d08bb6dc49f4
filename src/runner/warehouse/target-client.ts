/**
 * Reads and writes sync state through target-warehouse, the only program that knows the warehouse.
 */

import type { Writable } from 'node:stream'
import { AppError } from '../../errors.ts'
import { isJsonObject, parseJson, printJson, type JsonObject } from '../../singer/json.ts'
import type { StateDocument } from '../../singer/state.ts'
import type { Connection } from '../connection/connection.ts'
import type { StreamName } from '../../streams/index.ts'
import { callProgram, type CallOptions } from '../programs/call-program.ts'
import { readState } from './state-document.ts'

/** The table of a stream, as the target prints it. */
export interface StreamTable {
  stream: StreamName
  table: string
  /** Without those marked as deleted. Null when the table does not exist. */
  rows: number | null
  /** Rows that are marked as deleted. Null when the table does not exist. */
  deleted_rows: number | null
  /** Whether any load brought rows of the stream. */
  has_loaded: boolean
}

/** The table of a stream when a run starts. */
export interface StartTable extends StreamTable {
  columns: string[]
}

/** A column, as the target prints it. */
interface InspectedColumn {
  name: string
  /** Null for a type that the target never creates. */
  type: string | null
  /** The database's name of the type; null for a computed column. */
  native_type: string | null
  /** The comment of the column. */
  description: string | null
}

/** The table of a stream with what its rows say. Numbers are null when it does not exist. */
export interface InspectedTable extends StreamTable {
  /** The comment of the table. */
  description: string | null
  /** The greatest value of the column that `newest_update_column` names. */
  newest_update: string | null
  newest_update_column: string | null
  columns: InspectedColumn[]
}

/** What a run starts from, read in one transaction. */
export interface WarehouseStart {
  /**
   * Identifies the newest load. The target refuses a load that names another one: then somebody
   * loaded in between.
   */
  lastLoad: string
  /** The newest STATE as printed; empty for none. */
  stateText: string
  tables: WarehouseTables<StartTable>
}

export interface WarehouseTables<T extends StreamTable = StreamTable> {
  /** Whether our target has loaded anything with this prefix. */
  hasLoads: boolean
  tables: T[]
}

const STATE_ERROR =
  'The newest STATE in the warehouse must be an object whose `bookmarks` is an object.'
const STATE_HINT =
  'Replace it with: customerio-sync state set --file FILE, or reset it with: customerio-sync state reset'

/** Parses the newest STATE. Throws STATE_INVALID when no run can resume from it. */
export function parseLastState(text: string): StateDocument {
  try {
    return readState(text)
  } catch (cause) {
    throw new AppError('STATE_INVALID', STATE_ERROR, { hint: STATE_HINT, cause })
  }
}

/**
 * The STATE of the newest commit, `{}` for none. Throws STATE_INVALID when no run can resume from
 * it.
 */
export async function readLastState(
  connection: Connection,
  options: CallOptions,
): Promise<StateDocument> {
  const call = { program: 'target-warehouse', args: ['--last-state'] } as const
  return parseLastState(await callProgram(connection, call, options))
}

/**
 * Arguments of a load that resumes from what `readRunStart` found.
 * @param statePath file of the state that the tap starts from
 */
export function loadArgs(lastLoad: string, statePath: string): string[] {
  return ['--config', 'ENV', '--after-load', lastLoad, '--start-state', statePath]
}

/**
 * Commits a STATE without records; durable when it returns. Throws TABLES_CHANGED when somebody
 * loaded after `lastLoad`.
 */
export async function writeState(
  connection: Connection,
  { state, lastLoad }: { state: StateDocument; lastLoad: string },
  options: CallOptions,
): Promise<void> {
  const input = `${printJson({ type: 'STATE', value: state })}\n`
  const args = ['--after-load', lastLoad]
  await callProgram(connection, { program: 'target-warehouse', args, input }, options)
}

/** Reads what a run of the streams starts from. */
export async function readRunStart(
  connection: Connection,
  streams: readonly StreamName[],
  options: CallOptions,
): Promise<WarehouseStart> {
  const args = ['--run-start', streams.join(',')]
  const text = await callProgram(connection, { program: 'target-warehouse', args }, options)
  const { last_load: lastLoad, state, ...tables } = parseObject(text)
  if (typeof lastLoad !== 'string') throw new Error('--run-start printed no load')
  const stateText = typeof state === 'string' ? state : ''
  return { lastLoad, stateText, tables: tablesIn(tables) }
}

function parseObject(text: string): JsonObject {
  const document = parseJson(text)
  if (!isJsonObject(document)) throw new Error('target-warehouse printed no object')
  return document
}

/** @param document printed by our own target, so that its tables have the type. */
function tablesIn<T extends StreamTable>(document: JsonObject): WarehouseTables<T> {
  return {
    hasLoads: document['has_loads'] === true,
    tables: document['streams'] as unknown as T[],
  }
}

/** A query as the arguments of the target. */
export interface TargetQuery {
  text: string
  format: 'text' | 'json' | 'csv'
  /** @default as many as the target prints by default */
  rows: string | undefined
}

/** The target writes the rows itself, because it knows the width of the terminal. */
export async function printQuery(
  connection: Connection,
  { text, format, rows }: TargetQuery,
  options: CallOptions & { output: Writable },
): Promise<void> {
  const limit = rows === undefined ? [] : [`--rows=${rows}`]
  const args = [`--query=${text}`, '--format', format, ...limit]
  const { output } = options
  await callProgram(connection, { program: 'target-warehouse', args, output }, options)
}

/** Reads the tables of the streams, and counts all their rows. */
export async function readTables(
  connection: Connection,
  streams: readonly StreamName[],
  options: CallOptions,
): Promise<WarehouseTables<InspectedTable>> {
  const args = ['--tables', streams.join(',')]
  const text = await callProgram(connection, { program: 'target-warehouse', args }, options)
  return tablesIn(parseObject(text))
}
