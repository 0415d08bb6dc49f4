/** Counts what a run reads, in requests: reads the lists of the account, and loads nothing. */

import { randomUUID } from 'node:crypto'
import { open, rm, writeFile } from 'node:fs/promises'
import { devNull, tmpdir } from 'node:os'
import { join } from 'node:path'
import { printJson } from '../../singer/json.ts'
import { definitionOf, parentNameOf, STREAM_NAMES, type StreamName } from '../../streams/index.ts'
import { catalogOf } from '../connection/catalog.ts'
import type { Connection } from '../connection/connection.ts'
import { callProgram, type CallOptions } from '../programs/call-program.ts'
import { RunStats } from '../programs/run-stats.ts'
import { withShortTimeouts } from './region.ts'

export interface StreamCost {
  stream: StreamName
  requests: number
  /** Rows of the stream; null when they were not counted. */
  rows: number | null
}

/** What was counted of a stream that is not read for each row of another one. */
interface CountedStream {
  requests: number
  rows: number
}

/** Reads a stream completely and drops its records. Throws what the tap throws. */
async function countStream(
  connection: Connection,
  stream: StreamName,
  options: CallOptions,
): Promise<CountedStream> {
  const stats = new RunStats()
  const catalog = join(tmpdir(), `${randomUUID()}.json`)
  const nowhere = await open(devNull, 'w')
  const output = nowhere.createWriteStream({ autoClose: false })
  try {
    const modes = new Map([[stream, 'full_refresh' as const]])
    await writeFile(catalog, printJson(catalogOf(modes)), { mode: 0o600 })
    const call = { program: 'tap-customerio', args: ['--catalog', catalog], output } as const
    const onLine = (line: string) => void stats.add('tap-customerio', line)
    await callProgram(withShortTimeouts(connection), call, { ...options, onLine })
    return { requests: stats.requests, rows: stats.of(stream).read }
  } finally {
    output.destroy()
    await nowhere.close()
    await rm(catalog, { force: true })
  }
}

/** The streams to read to count the requests of these: a child counts by its parent. */
function countedStreams(streams: readonly StreamName[]): StreamName[] {
  const wanted = streams.map((name) => parentNameOf(name) ?? name)
  return STREAM_NAMES.filter((name) => wanted.includes(name))
}

/**
 * Requests for the rows of a parent that its child streams cause: none when the parent is read
 * anyway, and its list is kept.
 */
function sharedRequests(
  parent: StreamName,
  { streams, requests }: { streams: readonly StreamName[]; requests: number },
): number {
  const definition = definitionOf(parent)
  const isKept = definition.kind === 'list' && definition.isShared === true
  return isKept && streams.includes(parent) ? 0 : requests
}

/**
 * What one run of the streams costs. A stream that is read for each row of another one costs one
 * request for each of its rows. The first one of each parent also costs what the list of these rows
 * does. Throws what the tap throws.
 */
export async function measureCost(
  connection: Connection,
  options: CallOptions,
): Promise<StreamCost[]> {
  const streams = [...connection.resources.keys()]
  const counted = new Map<StreamName, CountedStream>()
  for (const stream of countedStreams(streams))
    counted.set(stream, await countStream(connection, stream, options))
  return streams.map((stream) => {
    const parent = parentNameOf(stream)
    const { requests, rows } = counted.get(parent ?? stream) ?? { requests: 0, rows: 0 }
    if (parent === undefined) return { stream, requests, rows }
    const isFirst = streams.find((one) => parentNameOf(one) === parent) === stream
    const shared = isFirst ? sharedRequests(parent, { streams, requests }) : 0
    return { stream, requests: rows + shared, rows: null }
  })
}
