/** Questions to the warehouse, and states into it: always through target-warehouse, which alone knows it. */

import { AppError, isErrorCode } from '../../errors.ts'
import { isJsonObject, parseJson, printJson, type JsonObject } from '../../singer/json.ts'
import type { StateDocument } from '../../singer/state.ts'
import { childEnvs } from '../connection/child-env.ts'
import type { Connection, StreamName } from '../connection/connection.ts'
import type { LogEvent } from '../programs/log-line.ts'
import { RunStats } from '../programs/run-stats.ts'
import { outputOf, type ProgramEnd, type ExecutableName } from '../programs/program.ts'
import { readState } from './state-document.ts'

export interface CallOptions {
  env: NodeJS.ProcessEnv
  signal: AbortSignal
  /** Called with each warning and error of the programs. */
  onLogEvent?: ((program: ExecutableName, told: LogEvent) => void) | undefined
  /** Called with every line on stderr. */
  onLine?: (line: string) => void
}

/** The table of a stream, as the target names it; `rows` is null where it is not there. */
export interface StreamTable {
  stream: StreamName
  table: string
  rows: number | null
  columns: string[]
  /** Whether any load brought rows of it. */
  has_loaded: boolean
}

/** What a run starts from: all of it was read together. */
export interface WarehouseStart {
  /** Names the newest load; given back to the target, it proves that nothing was loaded since. */
  lastLoad: string
  /** The newest STATE as it was printed, empty for none. */
  stateText: string
  tables: WarehouseTables
}

export interface WarehouseTables {
  /** Whether our target has loaded anything with this prefix. */
  hasLoads: boolean
  tables: StreamTable[]
}

/** The failure of one program as it told it, or as it ended when it told nothing. */
export function programError(
  program: ExecutableName,
  ended: ProgramEnd,
  figures: RunStats,
): AppError {
  const told = figures.errors.get(program)
  if (ended.signal !== undefined) {
    const hint =
      ended.signal === 'SIGKILL' ? { hint: 'Perhaps the machine had no memory left.' } : {}
    return new AppError('PROGRAM_ENDED', `${program} was ended by ${ended.signal}.`, hint)
  }
  const code = told?.code
  if (isErrorCode(code)) return new AppError(code, told?.message ?? '')
  const reason = told ? `: ${told.message}` : '.'
  return new AppError('PROGRAM_ENDED', `${program} ended with status ${ended.status}${reason}`)
}

/** What a program of the connection prints on stdout. Throws its failure as an AppError; the signal's reason when aborted. */
export async function callProgram(
  connection: Connection,
  call: { program: ExecutableName; args: readonly string[]; input?: string },
  options: CallOptions,
): Promise<string> {
  const { program } = call
  const figures = new RunStats()
  const envs = childEnvs(connection, options.env)
  const ended = await outputOf(program, {
    args: ['--config', 'ENV', ...call.args],
    env: program === 'tap-customerio' ? envs.tap : envs.target,
    cwd: connection.folder,
    ...(call.input !== undefined && { input: call.input }),
    onLog: (name, line) => {
      options.onLine?.(line)
      const told = figures.add(name, line)
      if (told && told.level !== 'critical') options.onLogEvent?.(name, told)
    },
    signal: options.signal,
  })
  options.signal.throwIfAborted()
  if (ended.status !== 0) throw programError(program, ended, figures)
  return ended.stdout
}

async function printLastState(connection: Connection, options: CallOptions): Promise<string> {
  return callProgram(connection, { program: 'target-warehouse', args: ['--last-state'] }, options)
}

/** The STATE of the newest commit, `{}` where there is none. Throws STATE_INVALID for one that nobody can go on from. */
export async function readLastState(
  connection: Connection,
  options: CallOptions,
): Promise<StateDocument> {
  return parseLastState(await printLastState(connection, options))
}

/** What the newest STATE says. Throws STATE_INVALID for one that nobody can go on from. */
export function parseLastState(text: string): StateDocument {
  try {
    return readState(text)
  } catch (cause) {
    const sentence =
      'The newest STATE in the warehouse must be an object whose `bookmarks` is an object.'
    const hint =
      'Put another one in its place with: customerio-sync state set --file FILE, or: customerio-sync state reset'
    throw new AppError('STATE_INVALID', sentence, { hint, cause })
  }
}

/** Arguments of a load that goes on from what `readRunStart` found, with the file of the STATE from which the tap starts. */
export function loadArgs(lastLoad: string, statePath: string): string[] {
  return ['--config', 'ENV', '--after-load', lastLoad, '--start-state', statePath]
}

/** Commits a STATE without any record, and returns when it is durable. Throws TABLES_CHANGED where anything was loaded since. */
export async function writeState(
  connection: Connection,
  { state, lastLoad }: { state: StateDocument; lastLoad: string },
  options: CallOptions,
): Promise<void> {
  const input = `${printJson({ type: 'STATE', value: state })}\n`
  const args = ['--after-load', lastLoad]
  await callProgram(connection, { program: 'target-warehouse', args, input }, options)
}

/** What a run of the streams would start from. */
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

function tablesIn(document: JsonObject): WarehouseTables {
  return {
    hasLoads: document['has_loads'] === true,
    tables: document['streams'] as unknown as StreamTable[],
  }
}

/** The tables of the streams. */
export async function readTables(
  connection: Connection,
  streams: readonly StreamName[],
  options: CallOptions,
): Promise<WarehouseTables> {
  const args = ['--tables', streams.join(',')]
  const text = await callProgram(connection, { program: 'target-warehouse', args }, options)
  return tablesIn(parseObject(text))
}
