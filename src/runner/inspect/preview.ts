/**
 * Previews a run without changing anything: where each stream would start, and which tables and
 * columns it would create.
 */

import { configuredStart } from '../../config/configured-start.ts'
import { foldNameFor } from '../../urls/name-folding.ts'
import { formatEpochMs, MIN_EPOCH_MS, parseEpochMs } from '../../rfc3339.ts'
import { isJsonObject } from '../../singer/json.ts'
import type { StateDocument } from '../../singer/state.ts'
import type { Connection } from '../connection/connection.ts'
import { definitionOf, type StreamName } from '../../streams/index.ts'
import { modesOf, type Mode } from '../../streams/modes.ts'
import type { CallOptions } from '../programs/call-program.ts'
import { startStateOf } from '../run/start-state.ts'
import { ownershipError } from '../warehouse/table-owner.ts'
import { bookmarkText, firstStartText } from '../warehouse/state-document.ts'
import { parseLastState, readRunStart, type StartTable } from '../warehouse/target-client.ts'

export interface StreamPreview {
  stream: StreamName
  mode: Mode
  /** RFC 3339: the run reads what was updated since then. Null: it reads everything. */
  since: string | null
  table: string
  /** Null when the run would create the table. */
  rows: number | null
  /** Columns that the run would create, without the `_sdc_` ones. */
  new_columns: string[]
}

export interface Preview {
  connection: string
  streams: StreamPreview[]
  /** Why the run would fail, or null. */
  error: string | null
}

/** Where a read with this state starts, by the clock of this machine. Null: it reads everything. */
export function startOfRead(
  connection: Connection,
  read: { state: StateDocument; stream: StreamName; mode: Mode },
  nowMs: number,
): string | null {
  const { replicationKey, readAtField } = definitionOf(read.stream)
  const isNewInEachRead = replicationKey !== undefined && replicationKey === readAtField
  if (read.mode === 'full_refresh' || isNewInEachRead) return null
  const bookmarkMs = msOf(bookmarkText(read.state, read.stream))
  const firstStart = firstStartText(read.state, read.stream)
  const firstMs = msOf(firstStart)
  if (bookmarkMs === undefined) {
    const configuredMs = configuredStart(connection.source, nowMs)
    const hasBoth = firstMs !== undefined && configuredMs !== undefined
    return startText(
      hasBoth ? Math.min(firstMs, configuredMs) : firstStart === null ? null : configuredMs,
    )
  }
  const lookbackMs = connection.source.lookback_seconds * 1000
  const sinceMs = bookmarkMs - lookbackMs
  return startText(Math.max(sinceMs, Math.min(firstMs ?? sinceMs, bookmarkMs)))
}

function msOf(text: string | null | undefined): number | undefined {
  return typeof text === 'string' ? parseEpochMs(text) : undefined
}

function startText(startMs: number | null | undefined): string | null {
  return typeof startMs === 'number' ? formatEpochMs(Math.max(MIN_EPOCH_MS, startMs)) : null
}

function declaredColumns(stream: StreamName): string[] {
  const { properties } = definitionOf(stream).schema
  return Object.keys(isJsonObject(properties) ? properties : {})
}

function newColumns(
  { destination }: Connection,
  table: StartTable,
  declared: readonly string[],
): string[] {
  const fold = (name: string) => foldNameFor(destination.warehouse_url, name)
  const existing = new Set(table.columns.map(fold))
  return declared.filter((name) => !existing.has(fold(name)))
}

/** Queries the target and changes nothing. Throws what it throws. */
export async function previewRun(
  connection: Connection,
  modes: ReadonlyMap<StreamName, Mode>,
  options: CallOptions,
): Promise<Preview> {
  const { stateText, tables } = await readRunStart(connection, [...modes.keys()], options)
  const state = parseLastState(stateText)
  const lost = new Set(startStateOf(connection, { state, tables }).lost.map(({ stream }) => stream))
  const streams = tables.tables.map((table): StreamPreview => {
    const { stream, rows } = table
    const mode = modes.get(stream) ?? modesOf(stream)[0]
    const read = { state: lost.has(stream) ? {} : state, stream, mode }
    return {
      stream,
      mode,
      since: startOfRead(connection, read, Date.now()),
      table: table.table,
      rows,
      new_columns: newColumns(connection, table, declaredColumns(stream)),
    }
  })
  const error = ownershipError(connection, { state, tables })
  return { connection: connection.name, streams, error: error?.fullText ?? null }
}
