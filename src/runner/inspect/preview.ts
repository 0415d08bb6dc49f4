/** What a run would do, without doing it: where each stream would begin, and which tables and columns it would make. */

import { configuredStart } from '../../configured-start.ts'
import { foldNameFor } from '../../name-folding.ts'
import { formatEpochMs, MIN_EPOCH_MS, parseEpochMs } from '../../rfc3339.ts'
import { isJsonObject, parseJson, type JsonObject } from '../../singer/json.ts'
import type { StateDocument } from '../../singer/state.ts'
import type { Connection, Mode } from '../connection/connection.ts'
import type { StreamName } from '../../streams/index.ts'
import { lostStreams, ownershipError } from '../warehouse/ownership.ts'
import { bookmarkText, firstStartText } from '../warehouse/state-document.ts'
import {
  callProgram,
  parseLastState,
  readRunStart,
  type CallOptions,
  type StreamTable,
} from '../warehouse/target-client.ts'
import { together } from '../programs/together.ts'

export interface StreamPreview {
  stream: StreamName
  mode: Mode
  /** RFC 3339: what was updated since then is read; null: everything is. */
  since: string | null
  table: string
  /** Null where the table would be made. */
  rows: number | null
  /** Columns that would be made, the `_sdc_` ones left out. */
  new_columns: string[]
}

export interface Preview {
  connection: string
  streams: StreamPreview[]
  /** Why the run would be refused, or null. */
  fault: string | null
}

/** The start of an incremental read with this state, by our own clock. */
export function startOfRead(
  connection: Connection,
  read: { state: StateDocument; stream: StreamName; mode: Mode },
  nowMs: number,
): string | null {
  if (read.mode === 'full_refresh') return null
  const bookmarkMs = msOf(bookmarkText(read.state, read.stream))
  const first = firstStartText(read.state, read.stream)
  const firstMs = msOf(first)
  if (bookmarkMs === undefined) {
    const configuredMs = configuredStart(connection.source, nowMs)
    const isKept = firstMs !== undefined && configuredMs !== undefined
    return startText(
      isKept ? Math.min(firstMs, configuredMs) : first === null ? null : configuredMs,
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

/** Property names of each stream, as the tap declares them. */
async function declaredColumns(
  connection: Connection,
  options: CallOptions,
): Promise<Map<string, string[]>> {
  const call = { program: 'tap-customerio', args: ['--discover'] } as const
  const catalog = parseJson(await callProgram(connection, call, options))
  const streams = isJsonObject(catalog) ? (catalog['streams'] as JsonObject[]) : []
  return new Map(
    streams.map((entry) => {
      const schema = isJsonObject(entry['schema']) ? entry['schema'] : {}
      return [entry['stream'] as string, Object.keys(schema['properties'] ?? {})]
    }),
  )
}

function newColumns(
  { destination }: Connection,
  table: StreamTable,
  declared: readonly string[],
): string[] {
  const fold = (name: string) => foldNameFor(destination.warehouse_url, name)
  const found = new Set(table.columns.map(fold))
  return declared.filter((name) => !found.has(fold(name)))
}

/** Asks both programs, and changes nothing. */
export async function previewRun(
  connection: Connection,
  resources: ReadonlyMap<StreamName, Mode>,
  options: CallOptions,
): Promise<Preview> {
  const [{ stateText, tables }, declared] = await together(options.signal, [
    async (signal) => readRunStart(connection, [...resources.keys()], { ...options, signal }),
    async (signal) => declaredColumns(connection, { ...options, signal }),
  ])
  const state = parseLastState(stateText)
  const lost = new Set(lostStreams(state, tables).map(({ stream }) => stream))
  const streams = tables.tables.map((table): StreamPreview => {
    const { stream, rows } = table
    const mode = resources.get(stream) ?? 'incremental'
    const read = { state: lost.has(stream) ? {} : state, stream, mode }
    return {
      stream,
      mode,
      since: startOfRead(connection, read, Date.now()),
      table: table.table,
      rows,
      new_columns: newColumns(connection, table, declared.get(stream) ?? []),
    }
  })
  const fault = ownershipError(connection, { state, tables })
  return { connection: connection.name, streams, fault: fault?.fullText ?? null }
}
